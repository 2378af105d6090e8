/** The page's one style sheet: system font, light and dark, one column on a phone. */
export const style = `
:root { color-scheme: light dark;
  --canvas: #f6f7f9; --surface: #fff; --sunken: #f0f2f5; --selected: #eef2fe; --text: #161a22; --text2: #474e5d; --text3: #646b7a;
  --line: #e4e7ec; --line2: #cbd0d9; --control: #878e9c; --accent: #3350cc; --fill: #3350cc; --ok: #16734a; --ok-soft: #e7f5ee;
  --warn: #8a5300; --warn-soft: #fdf3df; --bad: #b3261c; --bad-soft: #fdecea; --theirs: #e9ebef; }
@media (prefers-color-scheme: dark) { :root {
  --canvas: #0f1115; --surface: #14171c; --sunken: #1a1e24; --selected: #1d2540; --text: #e9ebef; --text2: #b3bac7; --text3: #8d95a5;
  --line: #252a33; --line2: #3b414d; --control: #6b7384; --accent: #9db0ff; --fill: #4a64db; --ok: #5cc896; --ok-soft: #15291f;
  --warn: #edb75a; --warn-soft: #2e2413; --bad: #ff9a8f; --bad-soft: #3a1b19; --theirs: #252a33; } }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { font: 15px/22px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; color: var(--text); background: var(--canvas);
  display: grid; grid-template-columns: 300px minmax(0, 1fr); }
h1, h2, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 17px; line-height: 22px; font-weight: 620; overflow-wrap: anywhere; }
h2 { font-size: 16px; line-height: 22px; font-weight: 620; }
small, .bar p, .about { font-size: 13px; line-height: 18px; color: var(--text3); }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button, .button { font: inherit; font-size: 14px; min-height: 36px; padding: 6px 12px; border: 1px solid var(--line2); border-radius: 6px;
  background: var(--surface); color: var(--text); cursor: pointer; }
button:hover, .button:hover { border-color: var(--control); }
.primary { background: var(--fill); border-color: var(--fill); color: #fff; font-weight: 550; }
.button { display: inline-block; text-decoration: none; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; z-index: 2; background: var(--surface); padding: 8px; }
.side { border-right: 1px solid var(--line); overflow-y: auto; height: 100vh; padding: 16px 12px 24px; display: flex; flex-direction: column; gap: 20px; }
.brand { padding: 0 8px; text-decoration: none; color: var(--text); }
.brand strong { display: block; font-size: 17px; font-weight: 620; }
.brand small { display: block; }
.side h2 { font-size: 13px; line-height: 18px; font-weight: 600; color: var(--text3); padding: 0 8px 4px; }
.side li a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; padding: 8px; border-radius: 8px; color: var(--text); text-decoration: none; }
.side li a:hover { background: var(--sunken); }
.side li a[aria-current] { background: var(--selected); }
.side li strong { font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.side li small { grid-column: 1 / -1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.side .none { padding: 4px 8px; font-size: 13px; color: var(--text3); }
.count { min-width: 22px; height: 22px; padding: 0 7px; border-radius: 11px; background: var(--fill); color: #fff; font-size: 12px; line-height: 22px;
  font-weight: 600; text-align: center; font-variant-numeric: tabular-nums; }
main { height: 100vh; overflow: hidden; background: var(--surface); display: flex; flex-direction: column; }
main > section { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.bar { display: flex; align-items: center; gap: 12px; padding: 12px 24px; border-bottom: 1px solid var(--line); flex: none; }
.bar > div { min-width: 0; }
.back { display: none; white-space: nowrap; }
.handset .texts { flex: 1; overflow-y: auto; padding: 24px; display: flex; flex-direction: column; gap: 12px; max-width: 720px; width: 100%; margin: 0 auto; }
.text { max-width: min(440px, 82%); display: flex; flex-direction: column; gap: 4px; }
.text p { padding: 10px 14px; border-radius: 18px; white-space: pre-wrap; overflow-wrap: anywhere; }
.text small { padding: 0 8px; display: flex; gap: 8px; flex-wrap: wrap; }
.text small .bad { color: var(--bad); font-weight: 550; }
.theirs { align-self: flex-start; } .theirs p { background: var(--theirs); border-bottom-left-radius: 6px; }
.mine { align-self: flex-end; align-items: flex-end; } .mine p { background: var(--fill); color: #fff; border-bottom-right-radius: 6px; }
.mine p a { color: #fff; }
.lost p { background: transparent; border: 1px dashed var(--control); color: var(--text2); }
.answers { flex: none; border-top: 1px solid var(--line); padding: 12px 24px 16px; display: flex; flex-direction: column; gap: 8px; background: var(--surface); }
.answer { max-width: 672px; width: 100%; margin: 0 auto; display: flex; gap: 8px; }
.failed { color: var(--bad); } .failed:empty { display: none; } .answers .failed { max-width: 672px; width: 100%; margin: 0 auto; }
.quick button { border-radius: 18px; font-weight: 550; }
.line input { flex: 1; min-width: 0; font: inherit; font-size: 16px; color: var(--text); background: var(--surface); border: 1px solid var(--control);
  border-radius: 20px; padding: 8px 16px; min-height: 40px; }
.line button { border-radius: 20px; padding: 6px 20px; min-height: 40px; }
.mails { flex: 1; min-height: 0; display: grid; grid-template-columns: 280px minmax(0, 1fr); }
.subjects { overflow-y: auto; border-right: 1px solid var(--line); padding: 8px; }
.subjects a { display: flex; flex-direction: column; align-items: flex-start; gap: 2px; padding: 8px 12px; border-radius: 8px; color: var(--text); text-decoration: none; overflow-wrap: anywhere; }
.subjects a:hover { background: var(--sunken); } .subjects a[aria-current] { background: var(--selected); }
.subjects strong { font-weight: 550; }
.mail { overflow-y: auto; padding: 20px 24px 32px; display: flex; flex-direction: column; gap: 16px; }
.mail header { display: flex; flex-direction: column; gap: 8px; }
.mail h2 { font-size: 20px; line-height: 28px; overflow-wrap: anywhere; }
dl { display: grid; gap: 2px; font-size: 13px; line-height: 20px; }
dl div { display: grid; grid-template-columns: 80px minmax(0, 1fr); } dt { color: var(--text3); } dd { overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: 12px; line-height: 20px; padding: 0 8px; border-radius: 4px; background: var(--ok-soft); color: var(--ok); font-weight: 550; }
.badge.warn { background: var(--warn-soft); color: var(--warn); } .badge.quiet { background: var(--sunken); color: var(--text2); } .badge.bad { background: var(--bad-soft); color: var(--bad); }
.reason { font-size: 13px; color: var(--text2); overflow-wrap: anywhere; }
.tabs { display: flex; gap: 16px; border-bottom: 1px solid var(--line); }
.tabs a { padding: 8px 0; color: var(--text2); text-decoration: none; border-bottom: 2px solid transparent; margin-bottom: -1px; }
.tabs a[aria-current] { color: var(--accent); border-color: var(--accent); font-weight: 550; }
.paper { width: 100%; height: 480px; min-height: 120px; border: 1px solid var(--line); border-radius: 8px; background: #fff; color-scheme: light; flex: none; }
.plain { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 680px; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
.mail-actions { display: flex; gap: 8px; flex-wrap: wrap; }
.page { overflow-y: auto; padding-bottom: 32px; gap: 16px; }
.page > * { flex: none; }
.page > :not(.bar) { margin: 0 24px; max-width: 960px; }
.page > .bar { margin-bottom: 4px; }
.welcome { padding-top: 56px; } .welcome h1 { font-size: 24px; line-height: 32px; } .page.welcome > p:not(.bar) { max-width: 560px; }
.empty { color: var(--text2); padding: 24px 0; } .mails > .empty { padding: 24px; }
.said { background: var(--ok-soft); color: var(--ok); border-radius: 8px; padding: 8px 12px; }
.said.wrong { background: var(--bad-soft); color: var(--bad); }
.switch { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: flex-end; }
.switch .actions { margin: 0; padding: 0; } .switch .about { flex-basis: 100%; }
.field { display: flex; flex-direction: column; gap: 4px; }
.field label { font-size: 13px; line-height: 18px; font-weight: 550; } .field label span { color: var(--text3); font-weight: 400; }
.field input { font: inherit; font-size: 16px; width: 160px; min-height: 36px; padding: 4px 10px; color: var(--text); background: var(--surface);
  border: 1px solid var(--control); border-radius: 6px; font-variant-numeric: tabular-nums; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .number .none { color: var(--text3); padding: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: 16px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 16px; display: flex; flex-direction: column; gap: 8px; }
.card-head { display: flex; justify-content: space-between; gap: 8px; align-items: flex-start; }
.accounts li { font-size: 14px; } .accounts span { color: var(--text3); font-variant-numeric: tabular-nums; }
.actions { display: flex; gap: 8px; flex-wrap: wrap; margin-top: auto; padding-top: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-size: 12px; font-weight: 550; color: var(--text3); padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); }
td { padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.sample { position: relative; }
.sample pre { margin: 0; max-height: 420px; overflow: auto; background: var(--sunken); border-radius: 8px; padding: 16px; }
.sample button { position: absolute; top: 8px; right: 8px; }
@media (max-width: 900px) {
  body { display: block; }
  .side { height: auto; border: 0; padding: 16px 8px 24px; }
  .side li a { padding: 10px 8px; min-height: 44px; }
  body:not([data-view='home']) .side { display: none; }
  main { height: 100vh; height: 100dvh; }
  body[data-view='home'] main { height: auto; border-top: 1px solid var(--line); }
  .back { display: grid; place-items: center; min-height: 44px; padding: 0 8px; }
  .bar { padding: 8px 16px 8px 8px; }
  .handset .texts { padding: 16px; } .answers { padding: 8px 16px 16px; }
  button, .button { min-height: 44px; }
  .mails { display: flex; flex-direction: column; overflow-y: auto; }
  .subjects { flex: none; max-height: 176px; border-right: 0; border-bottom: 1px solid var(--line); }
  .mail { overflow: visible; padding: 16px; }
  .page > :not(.bar) { margin: 0 16px; }
  .actions button { flex: 1 1 100%; } .switch .actions { flex: 1 1 100%; }
  .field input { min-height: 44px; }
  .welcome { padding-top: 24px; } .welcome h1 { font-size: 20px; line-height: 28px; }
  thead { display: none; } tr { display: grid; gap: 2px; padding: 12px 0; border-bottom: 1px solid var(--line); } td { padding: 0; border: 0; }
  .number { text-align: left; }
  td[data-label]::before { content: attr(data-label) ' '; color: var(--text3); font-size: 13px; }
}
@media (prefers-reduced-motion: no-preference) { .text { animation: arrive .12s ease-out; } @keyframes arrive { from { opacity: 0; } } }
`
