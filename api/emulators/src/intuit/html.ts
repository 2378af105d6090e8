/** HTML that is safe to send: everything in it was escaped or written here. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | readonly Markup[] | string | number | null

function render(part: Part): string {
  if (part === null) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(({ text }) => text).join('')
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A template tag: every value put in is escaped unless it is Markup itself. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(strings.map((string, index) => string + render(parts[index] ?? null)).join(''))
}

const style = `
:root{color-scheme:light dark;--canvas:#f6f7f9;--surface:#fff;--text:#161a22;--text-2:#474e5d;--text-3:#646b7a;--line:#e4e7ec;--line-2:#cbd0d9;--accent:#3350cc;--soft:#eef2fe;--ok:#16734a;--ok-soft:#e7f5ee;--warn:#8a5300;--warn-soft:#fdf3df}
@media (prefers-color-scheme:dark){:root{--canvas:#0f1115;--surface:#14171c;--text:#e9ebef;--text-2:#b3bac7;--text-3:#8d95a5;--line:#252a33;--line-2:#3b414d;--accent:#9db0ff;--soft:#1d2540;--ok:#5cc896;--ok-soft:#15291f;--warn:#edb75a;--warn-soft:#2e2413}}
*{box-sizing:border-box}
body{margin:0;background:var(--canvas);color:var(--text);font:14px/20px system-ui,-apple-system,"Segoe UI",Roboto,"Open Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
header{background:var(--surface);border-bottom:1px solid var(--line)}
header div,main{max-width:1040px;margin:0 auto;padding:12px 24px}
header div{display:flex;gap:8px;align-items:baseline;flex-wrap:wrap}
header strong{font-weight:620}header span{color:var(--text-3);font-size:13px}
main{padding-top:24px;padding-bottom:48px}
main.narrow{max-width:560px}
h1{font-size:20px;line-height:28px;font-weight:620;margin:0 0 4px}
h2{font-size:14px;line-height:20px;font-weight:620;margin:32px 0 8px}
p{margin:0 0 12px;color:var(--text-2)}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
a:focus-visible,button:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.card{background:var(--surface);border:1px solid var(--line);border-radius:8px;overflow:hidden}
table{width:100%;border-collapse:collapse}
th{font-size:12px;line-height:16px;font-weight:400;color:var(--text-3);text-align:left;padding:8px 12px;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:10px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child{padding-left:16px}th:last-child,td:last-child{padding-right:16px}
.number{text-align:right;white-space:nowrap}.quiet{color:var(--text-3)}.strong{font-weight:550}.nowrap{white-space:nowrap}
.child{padding-left:36px!important}
dl{display:grid;grid-template-columns:200px 1fr;margin:0;padding:8px 16px}
dt{color:var(--text-3);padding:6px 0}dd{margin:0;padding:6px 0}
.total{font-size:24px;line-height:32px;font-weight:620;margin:8px 0 16px}
.badge{display:inline-block;border-radius:4px;padding:0 6px;font-size:12px;line-height:20px;background:var(--soft);color:var(--accent)}
.badge.plain{background:var(--line);color:var(--text-2)}
.badge.ok{background:var(--ok-soft);color:var(--ok)}.badge.warn{background:var(--warn-soft);color:var(--warn)}
.option{display:flex;gap:12px;align-items:center;padding:14px 16px;border-bottom:1px solid var(--line);cursor:pointer}
.option:last-child{border-bottom:0}.option .grow{flex:1;min-width:0}
.option input[type=radio]{width:18px;height:18px;margin:0;accent-color:var(--accent);flex:none}
input[type=text]{width:100%;margin-top:6px;height:40px;padding:0 12px;font:inherit;color:inherit;background:var(--surface);border:1px solid #878e9c;border-radius:6px}
@supports selector(:has(*)){.option:not(:has(input[type=radio]:checked)) input[type=text]{display:none}}
.actions{display:flex;gap:12px;margin-top:20px;flex-wrap:wrap}
button{height:40px;padding:0 20px;font:inherit;font-weight:550;border-radius:6px;border:1px solid var(--line-2);background:var(--surface);color:var(--text);cursor:pointer}
button.primary{background:#3350cc;border-color:#3350cc;color:#fff}
ul.plain{margin:0 0 20px;padding-left:20px;color:var(--text-2)}
@media (max-width:640px){
header div,main{padding-left:16px;padding-right:16px}
dl{grid-template-columns:1fr}dt{padding:8px 0 0}dd{padding:0 0 8px;border-bottom:1px solid var(--line)}dd:last-child{border-bottom:0}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack tr{display:grid;grid-template-columns:1fr auto;padding:10px 16px;border-bottom:1px solid var(--line);gap:2px 12px}
.stack tbody tr:last-child{border-bottom:0}
.stack td{border:0;padding:0!important}.stack td.wide{grid-column:1/-1}.stack td.child{padding-left:16px!important}
.stack td:empty{display:none}.stack td:nth-child(even):not(.wide){text-align:right}
.actions button{flex:1}
}`

/** A whole page without any script. `title` also names the tab. */
export function page(title: string, body: Markup, layout: 'wide' | 'narrow' = 'wide'): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title><style>${new Markup(style)}</style></head>
<body><header><div><strong>QuickBooks Online</strong><span>emulated books</span></div></header>
<main class="${layout}">${body}</main></body></html>`.text
}
