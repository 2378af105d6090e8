/**
 * The page's script, served as it stands. Every 2 seconds it asks for the same page again and exchanges only the parts marked
 * `data-live` whose markup has changed, so that a text being typed, the focus outside them and an open mail are left alone.
 */
export const script = `'use strict'
const everyMs = 2000
const markup = new Map()
const live = () => [...document.querySelectorAll('[data-live]')]
for (const part of live()) markup.set(part.id, part.innerHTML)

function follow(part) { part.scrollTop = part.scrollHeight }
for (const part of document.querySelectorAll('[data-follow]')) follow(part)

function exchange(part, fresh) {
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 40
  const focused = part.contains(document.activeElement) ? document.activeElement : null
  const place = focused ? [...part.querySelectorAll('a, button')].indexOf(focused) : -1
  part.innerHTML = fresh
  if (place >= 0) part.querySelectorAll('a, button')[place]?.focus()
  if (part.hasAttribute('data-follow') && atEnd) follow(part)
}

async function refresh() {
  if (document.hidden) return
  const response = await fetch(location.href, { headers: { accept: 'text/html' } })
  if (!response.ok) return
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  if (page.body.dataset.view !== document.body.dataset.view) return location.reload()
  document.title = page.title
  for (const part of live()) {
    const fresh = page.getElementById(part.id)?.innerHTML
    if (fresh === undefined || fresh === markup.get(part.id)) continue
    markup.set(part.id, fresh)
    exchange(part, fresh)
  }
}
setInterval(() => refresh().catch(() => {}), everyMs)
document.addEventListener('visibilitychange', () => refresh().catch(() => {}))

function fit(frame) {
  const root = frame.contentDocument?.documentElement
  if (!root) return
  // A frame's content is never shorter than the frame, so it is measured in a low one
  frame.style.height = '0'
  frame.style.height = root.scrollHeight + 2 + 'px'
}
for (const frame of document.querySelectorAll('iframe.paper')) {
  frame.addEventListener('load', () => fit(frame))
  fit(frame)
  addEventListener('resize', () => fit(frame))
}

document.addEventListener('click', async (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null
  if (!button) return
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
  button.textContent = 'Copied'
  setTimeout(() => { button.textContent = 'Copy' }, 2000)
})

async function answer(form, submitter) {
  const state = document.getElementById('answer-state')
  state.textContent = ''
  const data = new URLSearchParams(new FormData(form, submitter))
  const response = await fetch(form.action, { method: 'POST', body: data }).catch(() => null)
  if (!response?.ok) return void (state.textContent = 'The text was not sent: the emulator did not take it.')
  if (form.elements.body) form.elements.body.value = ''
  await refresh()
  for (const part of document.querySelectorAll('[data-follow]')) follow(part)
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('.answer')) return
  event.preventDefault()
  answer(event.target, event.submitter).catch(() => {})
})
`
