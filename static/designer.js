// Drag, touch and keys in the squad designer. All of them send the form that stands in the card for those without a
// script: data-go. What comes back are the parts of the page as they are then.
import { toast } from './app.js';
const $ = (s, r = document) => r.querySelector(s), on = (type, f) => document.addEventListener(type, f);
const lists = () => ['pool-list', 'roster'].map(id => document.getElementById(id)).filter(Boolean);
let back, follow;

const go = (card, undo) => {
  const form = $('form[data-go]', card);
  if (!form) { undo?.(); toast({ text: 'This person is fully planned. The menu of the card has the ways there are.', bad: true }); return; }
  back = undo;
  follow = card.dataset.card;
  form.requestSubmit();
};

// The page may be replaced around a list: each new one is armed once. While somebody drags, nothing is replaced.
const arm = () => lists().forEach(list => Sortable.get(list) || new Sortable(list, {
  group: 'members', sort: false, draggable: '[data-card]', filter: '.menu, button', preventOnFilter: false,
  forceFallback: true, fallbackTolerance: 4, delay: 180, delayOnTouchOnly: true, touchStartThreshold: 4,
  animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150,
  onStart: () => lists().forEach(l => { l.dataset.hold = ''; }),
  onEnd: () => lists().forEach(l => { delete l.dataset.hold; }),
  onAdd: e => {
    const { item, from, oldIndex } = e;
    go(item, () => from.insertBefore(item, from.children[oldIndex] ?? null));
  },
}));

// Alt+Right puts the focused card into the squad, Alt+Left back into the pool.
on('keydown', e => {
  const card = e.altKey && e.target.closest?.('[data-designer] [data-card]');
  const to = { ArrowRight: 'roster', ArrowLeft: 'pool-list' }[e.key];
  if (!card || !to) return;
  e.preventDefault();
  if (!card.closest(`#${to}`)) go(card);
});
on('submit', e => { follow ??= e.target.closest?.('[data-card]')?.dataset.card; });

const restore = () => { back?.(); back = null; };
on('htmx:error', restore);
on('htmx:response:error', e => {
  const { raw } = e.detail.ctx.response;
  if (e.detail.ctx.text.includes('<hx-partial')) return;
  restore();
  toast({ text: raw.status === 403 ? 'You may not design this squad any more. Load the page again.' : 'Nothing was changed. Load the page and try again.', bad: true });
});
on('htmx:after:swap', () => {
  arm();
  // The address says who is looked for, so that the live page and a reload ask the same.
  const card = follow && $(`[data-card="${CSS.escape(follow)}"]`);
  if (card && !document.activeElement?.matches('input, select, a, button')) $('a', card)?.focus({ preventScroll: true });
  back = follow = null;
});
on('htmx:after:request', e => {
  const { request, response } = e.detail.ctx;
  if (request.method === 'GET' && response?.raw.ok && e.target.closest?.('.pool')) history.replaceState(null, '', response.raw.url);
});

// "Saved 10 seconds ago" goes on counting for the first hour.
setInterval(() => {
  const time = $('[data-ago]'), s = time && Math.round((Date.now() - new Date(time.dateTime)) / 1000);
  if (time && s >= 5 && s < 3600) time.textContent = s < 60 ? `${s} seconds ago` : s < 120 ? '1 minute ago' : `${Math.floor(s / 60)} minutes ago`;
}, 5000);
arm();
