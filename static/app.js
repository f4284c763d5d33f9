// The only hand-written script. Everything here improves pages that already work as plain links and forms.
// No eval, no inline handlers, no style attributes.
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const on = (type, f, o) => document.addEventListener(type, f, o);
const cookie = (name, value) => {
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${location.protocol === 'https:' ? ';secure' : ''}`;
};

// -- toasts: rendered with the page, or sent as HX-Trigger: {"toast":{"text":"…","undo":"/undo/42"}} ----------
function fade(t) {
  const wait = $('form', t) ? 10000 : 6000;
  const go = () => t.matches(':hover, :focus-within') ? setTimeout(go, 2000) : t.remove();
  setTimeout(go, wait);
}
export function toast({ text, undo, bad }) {
  const t = $('#toast-tpl').content.firstElementChild.cloneNode(true);
  $('.txt', t).textContent = text;
  const f = $('form', t);
  if (undo) f.action = undo; else f.remove();
  if (bad) { t.classList.add('bad'); const u = $('use', t); u.setAttribute('href', u.getAttribute('href').replace('circle-check', 'circle-alert')); }
  $('#toasts').append(t);
  fade(t);
}
$$('#toasts [data-toast]').forEach(fade);
on('toast', e => toast(e.detail.value ?? e.detail));
on('htmx:error', () => toast({ text: 'That did not reach the server. Nothing was changed.', bad: true }));

// -- a form that is submitted twice is sent once ---------------------------------------------------------------
// It can be sent again after 10 s (the answer may be a download), after an htmx answer, and on coming back.
const free = f => { delete f.dataset.sent; f.removeAttribute('aria-busy'); };
on('submit', e => {
  const f = e.target;
  if (e.defaultPrevented || f.method !== 'post') return;
  if (f.dataset.sent) { e.preventDefault(); e.stopImmediatePropagation(); return; }
  f.dataset.sent = '1';
  f.setAttribute('aria-busy', 'true');
  setTimeout(free, 10000, f);
}, true);
on('htmx:finally:request', e => { const f = e.target.closest?.('form'); if (f) free(f); });
addEventListener('pageshow', () => $$('form[data-sent]').forEach(free));

// -- dialogs: <a href="/the/same/as/a/page" data-dialog="#id"> -------------------------------------------------
on('click', e => {
  const a = e.target.closest('[data-dialog]'), d = a && $(a.dataset.dialog);
  if (d && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); d.showModal(); }
  if (e.target.matches('dialog.dialog') && e.target.open) { // a click on the backdrop
    const r = e.target.getBoundingClientRect();
    if (e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom) e.target.close();
  }
});

// -- menus: popovers open by themselves; here they get their place where CSS anchors are unknown, and arrow keys --
on('toggle', e => {
  const m = e.target;
  if (!m.matches?.('.menu[popover]') || e.newState !== 'open') return;
  const b = $(`[popovertarget="${CSS.escape(m.id)}"]`);
  if (b && !CSS.supports('position-area', 'block-end')) {
    const r = b.getBoundingClientRect(), w = m.offsetWidth, h = m.offsetHeight;
    const top = r.bottom + 4 + h > innerHeight ? Math.max(8, r.top - 4 - h) : r.bottom + 4;
    Object.assign(m.style, { inset: 'auto', margin: 0, top: `${top}px`, left: `${Math.max(8, Math.min(r.right - w, innerWidth - w - 8))}px` });
  }
  $('a, button', m)?.focus({ preventScroll: true });
}, true);
on('keydown', e => {
  const m = e.target.closest?.('.menu[popover]');
  if (!m || (e.key !== 'ArrowDown' && e.key !== 'ArrowUp')) return;
  e.preventDefault();
  const items = $$('a, button', m), i = items.indexOf(document.activeElement);
  items[(i + (e.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length]?.focus();
});
// The organization switcher is a <details>: Esc and a click elsewhere close it.
on('keydown', e => { const d = e.key === 'Escape' && $('.org-switch[open]'); if (d) { d.open = false; $('summary', d).focus(); } });
on('click', e => { const d = $('.org-switch[open]'); if (d && !d.contains(e.target)) d.open = false; });

// -- keys: Ctrl+Enter saves; g and a letter go somewhere; ? lists them -----------------------------------------
// Single keys can be switched off (WCAG 2.1.4) and never fire in fields.
let g = 0;
const box = $('[data-keys]');
if (box) {
  box.checked = !/(^|; )keys=off/.test(document.cookie);
  box.addEventListener('change', () => cookie('keys', box.checked ? 'on' : 'off'));
}
on('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') {
    const f = e.target.closest?.('form');
    if (f?.method === 'post') { e.preventDefault(); f.requestSubmit($('button.primary', f)); }
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, textarea, select, dialog, [contenteditable]') || !box?.checked) return;
  if (Date.now() - g < 900) { g = 0; $(`.side [data-key="${CSS.escape(e.key)}"]`)?.click(); return; }
  if (e.key === 'g') g = Date.now();
  if (e.key === '?') $('#keys')?.showModal();
});

// -- lists of checkboxes: "Choose all", and how many are chosen ------------------------------------------------
on('change', e => {
  const list = e.target.closest?.('[data-picks]');
  if (!list) return;
  const boxes = $$('input[type=checkbox][name]', list);
  if (e.target.matches('[data-all]')) boxes.filter(b => !b.disabled && !b.closest('[hidden]')).forEach(b => { b.checked = e.target.checked; });
  const n = boxes.filter(b => b.checked).length, out = $('[data-count]', list);
  if (out) out.textContent = `${n} chosen`;
});

// -- theme: the server reads the cookie and renders data-theme; here it changes without a new page -------------
on('click', e => {
  if (!e.target.closest('[data-theme-toggle]')) return;
  e.preventDefault();
  const r = document.documentElement, dark = r.dataset.theme ? r.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  r.dataset.theme = dark ? 'light' : 'dark';
  cookie('theme', r.dataset.theme);
});
