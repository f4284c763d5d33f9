// Drag, keys and menus of a board: all press the button of its one form, #go, with what is done.
const $ = (s, r = document) => r.querySelector(s), on = (type, f) => document.addEventListener(type, f);
const lists = () => [...document.querySelectorAll('[data-list]')];
const steps = { 'ready>in_progress': 'pull', 'in_progress>ready': 'return', 'learning>ready': 'return', 'in_progress>learning': 'learn', 'learning>in_progress': 'resume', 'in_progress>done': 'finish', 'learning>done': 'finish' };
let back, follow;

const go = (what, undo) => {
  const form = $('#go');
  if (!form) return undo?.();
  back = undo;
  follow = what.split(':')[1];
  const b = $('button', form) ?? form.appendChild(document.createElement('button'));
  form.requestSubmit(Object.assign(b, { name: 'do', value: what, hidden: true }));
};
const place = card => {
  const n = card.dataset.card, above = card.previousElementSibling?.dataset.card, below = card.nextElementSibling?.dataset.card;
  return above ? `below:${n}:${above}` : below ? `above:${n}:${below}` : '';
};

// While somebody has a card in hand, nothing is replaced; what came meanwhile is asked for again.
const hold = yes => {
  const b = $('#board');
  if (yes) return b.dataset.hold = '';
  delete b.dataset.hold;
  if ($('[data-live-new]')) b.dispatchEvent(new CustomEvent('live:changed', { bubbles: true }));
};
on('pointerdown', e => e.target.closest?.('[data-card]') && hold(1));
['pointerup', 'pointercancel'].forEach(type => on(type, () => setTimeout(hold)));
const arm = () => lists().forEach(list => Sortable.get(list) || new Sortable(list, {
  group: 'cards', draggable: '[data-card]', filter: 'button, .done', preventOnFilter: false, sort: list.matches('[data-list=ready]') && $('#board').matches('[data-orders]'),
  forceFallback: true, fallbackTolerance: 4, delay: 180, delayOnTouchOnly: true, scrollSensitivity: 60,
  onStart: () => hold(1),
  onEnd: ({ item, from, to, oldIndex, newIndex }) => {
    hold();
    const undo = () => from.insertBefore(item, from.children[oldIndex]), a = from.dataset, b = to.dataset;
    const step = steps[`${a.list}>${b.list}`], squad = a.squad || b.squad;
    if (from === to) { const what = oldIndex !== newIndex && place(item); return what ? go(what, undo) : undo(); }
    if (!step || !squad || (a.squad && b.squad && a.squad !== b.squad)) return undo();
    go(step === 'pull' ? `pull:${item.dataset.card}:${squad}` : `${step}:${item.dataset.card}`, undo);
  },
}));

['keydown', 'pointerdown'].forEach(type => document.addEventListener(type, () => { follow = null; }, true));
on('keydown', e => {
  const card = e.altKey && e.target.closest?.('[data-list=ready] [data-card]'), by = { ArrowUp: 'above', ArrowDown: 'below' }[e.key];
  if (!card || !by || !$('[data-orders]')) return;
  e.preventDefault();
  const other = by === 'above' ? card.previousElementSibling : card.nextElementSibling;
  if (other?.dataset.card) go(`${by}:${card.dataset.card}:${other.dataset.card}`);
});
// The menu of a card is the page of its moves, in a popover.
on('click', async e => {
  const a = e.target.closest?.('[data-menu]'), menu = $('#card-menu');
  if (a && menu && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
    e.preventDefault();
    const r = await fetch(a.href, { headers: { 'HX-Request': 'true' } });
    if (!r.ok || r.redirected) return location.href = a.href;
    menu.innerHTML = await r.text();
    const at = a.getBoundingClientRect();
    menu.showPopover();
    Object.assign(menu.style, { inset: 'auto', margin: 0, top: `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`, left: `${Math.max(8, at.right - menu.offsetWidth)}px` });
    follow = a.closest('[data-card]').dataset.card;
  } else if (menu?.contains(e.target) && e.target.closest('button')) menu.hidePopover();
});
on('submit', e => { follow ??= e.submitter?.value.split(':')[1]; });

const restore = () => { back?.(); back = 0; };
on('htmx:error', restore);
on('htmx:response:error', e => { if (!e.detail.ctx.text.includes('<hx-partial')) restore(); });
on('htmx:after:swap', () => {
  arm();
  const card = follow && $(`#i${follow}`);
  if (card && !document.activeElement?.matches('input, a, button')) $('h3 a', card).focus({ preventScroll: true });
  back = 0;
});
arm();
