// PAR Plan: what makes a page quicker. Every page works without it.
"use strict";

const SWITCH = "par-keys";
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const within = (selector, root) => (root.matches?.(selector) ? [root, ...all(selector, root)] : all(selector, root));
const seen = (element) => element.getClientRects().length > 0;

// Quantities as sentences write them (03), points as offices do (1.234,50).
const counted = (number) => (number < 10 ? `0${number}` : number.toLocaleString("vi-VN"));
const points = (number) => number.toLocaleString("vi-VN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

document.documentElement.classList.add("js");

// --- what a page, or a fragment that htmx brought, asks for

function prepare(root) {
  within(".errors[tabindex]", root)[0]?.focus();
  within("dialog[data-lift]", root).forEach(lift);
  within("form[data-bulk]", root).forEach(count);
  within("form:has([data-verb])", root).forEach(follow);
}

function lift(dialog) {
  dialog.removeAttribute("open");
  dialog.showModal();
}

// A form with data-bulk: ticks named .pick with data-points; [data-bulk-bar] holds [data-bulk-count],
// [data-bulk-points] and a button whose data-bulk-verb begins its words.
function count(form) {
  const bar = one("[data-bulk-bar]", form);
  if (!bar) return;
  const ticked = all(".pick:checked", form);
  const number = counted(ticked.length);
  const total = ticked.reduce((sum, pick) => sum + Number(pick.dataset.points || 0), 0);
  bar.hidden = ticked.length === 0;
  all("[data-bulk-count]", bar).forEach((place) => { place.textContent = `Đã chọn ${number} nhiệm vụ`; });
  all("[data-bulk-points]", bar).forEach((place) => { place.textContent = `${points(total)} điểm`; });
  all("[data-bulk-verb]", bar).forEach((button) => {
    (one("span", button) || button).textContent = `${button.dataset.bulkVerb} ${number} nhiệm vụ`;
  });
}

// Radios with data-verb give the button with data-follows its words.
function follow(form) {
  const chosen = one("input[data-verb]:checked", form);
  const button = one("[data-follows]", form);
  if (chosen && button) (one("span", button) || button).textContent = chosen.dataset.verb;
}

function say(words) {
  const place = document.getElementById("says");
  if (!place) return;
  const toast = document.createElement("div");
  toast.className = "say";
  toast.setAttribute("role", "alert");
  const text = document.createElement("div");
  text.className = "say-words";
  text.textContent = words;
  const close = document.createElement("button");
  close.className = "btn-close btn-close-white";
  close.type = "button";
  close.dataset.close = "";
  close.setAttribute("aria-label", "Đóng");
  toast.append(text, close);
  place.append(toast);
}

// A link to a part that is folded opens it.
function unfold() {
  const part = location.hash && document.getElementById(location.hash.slice(1));
  if (part && part.matches("details")) part.open = true;
}

window.addEventListener("hashchange", unfold);
unfold();

// --- what is typed outlives a session that has ended: it waits in this tab, for the same person on the same page

const SENT = "par-sent";
const person = document.body.dataset.person;
const typedAt = (path) => `par-typed:${person}:${path}:`;

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!person || !field.matches("form[data-main] textarea")) return;
  sessionStorage.setItem(typedAt(location.pathname) + field.name, field.value);
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-main]")) sessionStorage.setItem(SENT, location.pathname);
});

// Whoever was led elsewhere than to the same page or to the gate has been heard.
function forget() {
  const sent = sessionStorage.getItem(SENT);
  if (!person || !sent || sent === location.pathname) return;
  Object.keys(sessionStorage).filter((key) => key.startsWith(typedAt(sent))).forEach((key) => sessionStorage.removeItem(key));
  sessionStorage.removeItem(SENT);
}

function restore() {
  const kept = all("form[data-main] textarea").filter((field) => {
    const typed = sessionStorage.getItem(typedAt(location.pathname) + field.name);
    if (!typed || typed === field.value) return false;
    field.value = typed;
    return true;
  });
  if (kept.length) say("Đã khôi phục nội dung nhập dở trước đó. Đọc lại rồi gửi.");
}

if (person) {
  forget();
  restore();
}

// --- clicks and changes

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  target.closest("[data-close]")?.closest(".say")?.remove();
  const lifts = target.closest("[data-lifts]");
  if (lifts) {
    event.preventDefault();
    lift(document.getElementById(lifts.dataset.lifts));
  }
  const copies = target.closest("[data-copy]");
  if (copies) navigator.clipboard.writeText(document.getElementById(copies.dataset.copy).textContent.trim());
  const reveals = target.closest("[data-reveal]");
  if (reveals) reveal(reveals);
  all("details.menu[open]").filter((menu) => !menu.contains(target)).forEach((menu) => { menu.open = false; });
});

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  one("span", button).textContent = shown ? "Ẩn" : "Hiện";
}

document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.id === "keys-on") localStorage.setItem(SWITCH, target.checked ? "on" : "off");
  const form = target.form;
  if (!form) return;
  if (form.matches("[data-bulk]")) count(form);
  if (target.matches("[data-verb]")) follow(form);
  if (form.matches("[data-sends]") && target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
});

document.addEventListener("reset", (event) => {
  const form = event.target;
  if (!form.matches("[data-bulk]")) return;
  setTimeout(() => {
    all(".pick:checked", form).forEach((pick) => { pick.checked = false; });
    count(form);
  });
});

// --- keys: read by place on the keyboard, for Telex and VNI compose letters

const inField = (element) => element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]");
const switchedOff = () => localStorage.getItem(SWITCH) === "off";

function openRow(step) {
  const rows = all(".task").filter(seen);
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.classList.contains("open"));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.toggle("open", row === next));
  one(".name a", next).focus();
  return true;
}

function nextDocument() {
  const links = all(".docs .doc a.strong").filter(seen);
  if (!links.length) return false;
  links[(links.indexOf(document.activeElement) + 1) % links.length].focus();
  return true;
}

function tick() {
  const pick = one(".task.open .pick");
  pick?.click();
  return Boolean(pick);
}

function enter() {
  if (document.activeElement !== document.body) return false;
  const link = one(".task.open .name a");
  link?.click();
  return Boolean(link);
}

// A control names its key with data-key (KeyT, KeyB, KeyH, KeyJ, KeyK, KeyN, Slash); it comes before what a page does by itself.
function pressed(code) {
  const control = all(`[data-key="${code}"]`).find(seen);
  if (!control) return false;
  control.focus();
  if (!control.matches("[type=search], [type=text], textarea")) control.click();
  return true;
}

const BY_ITSELF = {
  KeyJ: () => openRow(1),
  KeyK: () => openRow(-1),
  ArrowDown: () => one(".task.open") !== null && openRow(1),
  ArrowUp: () => one(".task.open") !== null && openRow(-1),
  KeyX: tick,
  KeyN: nextDocument,
  Enter: enter,
};

function help() {
  const keys = document.getElementById("keys");
  if (keys) lift(keys);
  return Boolean(keys);
}

function send(element) {
  const form = element.closest("form") || one("form[data-main]");
  form?.requestSubmit();
  return Boolean(form);
}

function answer(event) {
  if (event.ctrlKey && event.code === "Enter") return send(event.target);
  if (event.code === "Escape") {
    all("details.menu[open]").forEach((menu) => { menu.open = false; });
    return false;
  }
  if (switchedOff() || inField(event.target) || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (one("dialog[open]")) return false;
  if (event.key === "?") return help();
  if (event.shiftKey) return false;
  return pressed(event.code) || BY_ITSELF[event.code]?.() || false;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || !(event.target instanceof Element)) return;
  if (answer(event)) event.preventDefault();
});

// --- htmx

document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
document.addEventListener("htmx:sendError", () => say("Mất kết nối nên chưa gửi được. Kiểm tra mạng rồi thử lại; nội dung đang nhập vẫn còn."));
document.addEventListener("htmx:responseError", () => say("Hệ thống không nhận thao tác này nên chưa ghi gì. Tải lại trang rồi thử lại."));

const keysSwitch = document.getElementById("keys-on");
if (keysSwitch) keysSwitch.checked = !switchedOff();
if (!window.htmx) prepare(document);
