// Drag, touch and keys in the designer: all send the card's own form, data-go.
import { toast } from './app.js';
const $ = (s, r = document) => r.querySelector(s), on = (type, f) => document.addEventListener(type, f);
const lists = () => ['pool-list', 'roster'].map(id => $('#' + id)).filter(Boolean);
let back, follow, moved;

const go = (card, undo) => {
  const form = $('form[data-go]', card);
  if (!form) { undo?.(); toast({ text: 'Fully planned: see the menu of the card.', bad: true }); return; }
  back = undo;
  follow = card.dataset.card;
  form.requestSubmit();
};

// While somebody drags, nothing is replaced.
const arm = () => lists().forEach(list => Sortable.get(list) || new Sortable(list, {
  group: 'members', sort: false, draggable: '[data-card]', filter: '.menu, button', preventOnFilter: false,
  forceFallback: true, fallbackTolerance: 4, delay: 180, delayOnTouchOnly: true, scrollSensitivity: 60, scrollSpeed: 16,
  onStart: () => lists().forEach(l => { l.dataset.hold = ''; }),
  onEnd: () => lists().forEach(l => { delete l.dataset.hold; }),
  onAdd: ({ item, from, oldIndex }) => go(item, () => from.insertBefore(item, from.children[oldIndex])),
}));

// Who moves keeps the focus, whatever is replaced meanwhile, until the person goes on to something else.
['keydown', 'pointerdown'].forEach(type => document.addEventListener(type, () => { follow = null; }, true));
on('keydown', e => {
  const card = e.altKey && e.target.closest?.('[data-card]'), to = { ArrowRight: 'roster', ArrowLeft: 'pool-list' }[e.key];
  if (!card || !to) return;
  e.preventDefault();
  if (!card.closest('#' + to)) go(card);
});
on('submit', e => {
  follow ??= e.target.closest('#toasts') ? moved : e.target.closest('[data-card]')?.dataset.card;
  moved = follow;
});

const restore = () => { back?.(); back = 0; };
on('htmx:error', restore);
on('htmx:response:error', e => {
  if (e.target.id === 'toasts' || e.detail.ctx.text.includes('<hx-partial')) return;
  restore();
  toast({ text: 'Nothing was changed. Load the page again.', bad: true });
});
on('htmx:after:swap', () => {
  arm();
  const card = follow && $(`[data-card="${follow}"]`);
  if (card && !document.activeElement?.matches('input, select, a, button:not(#toasts *)')) $('a', card).focus({ preventScroll: true });
  back = null;
});
// The live page and a reload look for the same people.
on('htmx:after:request', e => {
  const { request, response } = e.detail.ctx;
  if (request.method === 'GET' && response.raw.ok && e.target.closest?.('.pool')) history.replaceState(null, '', response.raw.url);
});

// What was refused and comes back counts as typed: others' changes do not replace it.
const typed = () => { const f = $('#seat-title'), text = f?.value; if (text) { f.defaultValue = ''; f.value = text; } };
document.addEventListener('htmx:after:swap', typed, true);

setInterval(() => {
  const time = $('[data-ago]'), s = time && (Date.now() - new Date(time.dateTime)) / 1000 | 0;
  if (s > 4 && s < 3600) time.textContent = s < 60 ? `${s} seconds ago` : `${s / 60 | 0} min ago`;
}, 5000);
typed();
arm();
