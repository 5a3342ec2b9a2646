"""Phiếu trình tổng hợp: accepted work that Văn phòng puts before one leader together."""
