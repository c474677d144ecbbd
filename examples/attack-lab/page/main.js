// Draws the attacks and runs them. Everything that comes from outside goes in as text.

import { ATTACKS, applies } from './catalogue.js'
import { missing, run } from './run.js'
import { isSibling, openApp, setup } from './stage.js'

const at = (id) => document.getElementById(id)
const BADGE = { stopped: 'stopped', documented: 'not stopped (documented)', wrong: 'not as documented' }
let flow = 'dual'
let busy = false

const kind = isSibling ? `a sibling host of ${new URL(setup.app).hostname}` : 'a foreign site'
at('where').textContent = `${location.hostname} — ${kind}`
draw()
at('flow').addEventListener('change', ({ target }) => { flow = target.value; draw() })
at('open').addEventListener('click', () => openApp(flow))
at('all').addEventListener('click', () => start(cards()))

const cards = () => [...at('attacks').children]

function draw() {
  at('summary').textContent = ''
  at('attacks').replaceChildren(...ATTACKS.filter((attack) => applies(attack, { isSibling, flow })).map(card))
}

function card(attack) {
  const element = at('card').content.firstElementChild.cloneNode(true)
  const fill = (selector, text) => { element.querySelector(selector).textContent = text }
  element.id = attack.id
  element.attack = attack
  fill('h2', attack.title)
  fill('.badge', 'not tried')
  fill('.about', attack.about)
  fill('.defence span', attack.defence)
  fill('button', `Try: ${attack.title}`)
  element.querySelector('button').addEventListener('click', () => start([element]))
  if (attack.id === 'framing') element.append(place())
  return element
}

function place() {
  const figure = document.createElement('figure')
  const frames = Object.assign(document.createElement('div'), { id: 'frames', className: 'frames' })
  const caption = document.createElement('figcaption')
  caption.textContent = 'The frames. A page in one of them would be a fault.'
  figure.append(frames, caption)
  return figure
}

/** One after the other. The window for attacks that need one of their own is opened by the click. */
async function start(chosen) {
  if (busy) return
  working(true)
  const needed = chosen.some(({ id }) => ['forged', 'login-csrf'].includes(id))
  const helper = needed ? window.open('about:blank', 'tandem-attack') : null
  for (const element of chosen) await tryOut(element)
  helper?.close()
  working(false)
  summarise()
}

function working(now) {
  busy = now
  for (const button of document.querySelectorAll('button')) button.setAttribute('aria-disabled', String(now))
}

async function tryOut(element) {
  const { attack } = element
  at('summary').textContent = `Trying: ${attack.title}…`
  badge(element, '', 'at it…')
  const lacking = await missing(attack)
  if (lacking) return badge(element, '', lacking)
  try {
    const { tries, verdict } = await run(attack, flow)
    show(element, tries)
    if (tries.length === 0) return badge(element, '', 'nothing alive to steal: use the app, then try again')
    const expected = attack.outcome[flow]
    const as = verdict === (expected === 'stopped' ? 'stopped' : 'not stopped') ? expected : 'wrong'
    badge(element, as, as === 'wrong' ? `${verdict}: ${BADGE.wrong}` : BADGE[as])
  } catch (error) {
    badge(element, 'failed', `the lab has failed: ${error.message}`)
  }
}

function badge(element, kind, text) {
  const place = element.querySelector('.badge')
  place.className = `badge ${kind}`
  place.textContent = text
  element.dataset.verdict = kind
}

function show(element, tries) {
  const details = element.querySelector('details')
  details.hidden = false
  details.querySelector('summary').textContent = `${tries.length} ${tries.length === 1 ? 'try' : 'tries'}`
  details.querySelector('tbody').replaceChildren(...tries.map(({ what, got }) => {
    const row = document.createElement('tr')
    row.append(...[what, got].map((text) => Object.assign(document.createElement('td'), { textContent: text })))
    return row
  }))
}

function summarise() {
  const count = (kind) => cards().filter(({ dataset }) => dataset.verdict === kind).length
  const counts = [[count('stopped'), 'stopped'], [count('documented'), BADGE.documented], [count('wrong'), BADGE.wrong]]
  at('summary').textContent = `${counts.map(([number, text]) => `${number} ${text}`).join(', ')}.`
}
