import { signWebhook as signAsPlaid } from '@ledgersync/emulators/plaid/webhooks'
import { credentials } from '@ledgersync/emulators/credentials'
import { signEvents } from '@ledgersync/emulators/sendgrid/signature'
import { signWebhook as signAsTwilio } from '@ledgersync/emulators/twilio/signature'
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Plan } from './plan.ts'
import { type Spoil, spoilBody } from './spoil.ts'
import type { Target } from './target.ts'
import { Members, type Node, type Ref, toJson, toText } from './values.ts'
import type { Outgoing } from './wire.ts'
import type { World } from './world.ts'

type Choose = (ref: Ref) => string | number

const boundary = 'fuzz-boundary'
const mediaTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  files: `multipart/form-data; boundary=${boundary}`,
} as const

/** Chooses ids and cookies as they are now, spoils what the plan spoils, and writes the request. */
export function build(plan: Plan, world: World): Outgoing {
  const { target, spoils } = plan
  const focus = world.pool.client(plan.focus)
  const choose: Choose = (ref) => world.pool.choose(ref, focus, plan.honest)
  const spoiled = <A extends Spoil['at']>(at: A) => spoils.filter((each): each is Extract<Spoil, { at: A }> => each.at === at)
  const method = spoiled('method').at(-1)?.value ?? target.method
  const query = queryOf(plan, choose)
  const path = `${pathOf(plan, choose)}${query === '' ? '' : `?${query}`}${spoiled('end').at(-1)?.value ?? ''}`
  const framing = spoiled('wire').at(-1)?.value ?? 'length'
  const body = framing === 'none' ? Buffer.alloc(0) : bodyOf(plan, choose)
  const type = target.body === null && target.encoding === 'json' ? null : mediaTypes[target.encoding]
  const origin = ['GET', 'HEAD'].includes(method) ? null : world.test.config.publicUrl
  const cookie = spoiled('cookie').at(-1)?.value ?? world.cookie(plan.role, plan.focus, target.path)
  const headers: [string, string | null][] = [
    ['Content-Type', spoiled('type').length > 0 ? (spoiled('type').at(-1)?.value ?? null) : type],
    ['Origin', spoiled('origin').length > 0 ? (spoiled('origin').at(-1)?.value ?? null) : origin],
    ['Cookie', cookie === '' ? null : cookie],
    ...(plan.signature === 'none' ? [] : signature(plan, { world, query, body })),
    ...spoiled('header').map(({ name, value }): [string, string] => [name, value]),
  ]
  return {
    method,
    path,
    headers: headers.filter((header): header is [string, string] => header[1] !== null),
    body,
    framing: framing === 'none' ? 'length' : framing,
    bytes: target.bytes,
  }
}

/** Whether the request surely reaches its target as it is: what it may answer is then known. */
export function isRouted({ target, spoils }: Plan): boolean {
  return spoils.every((each) => {
    if (each.at === 'method') return each.value === target.method || (each.value === 'HEAD' && target.method === 'GET')
    if (each.at === 'path') return /^[\w:*~-]+$/.test(each.value) && Object.keys(target.params).length > 0
    return each.at !== 'end' || each.value.startsWith('?')
  })
}

function pathOf({ target, params, spoils }: Plan, choose: Choose): string {
  const wrong = spoils.filter((each) => each.at === 'path')
  const names = Object.keys(target.params)
  return target.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const replaced = wrong.find(({ nth }) => names[nth % names.length] === name)
    return replaced?.value ?? encoded(toText(params[name] ?? '', choose))
  })
}

/** As browsers encode, with what is no text as the bytes of the replacement character. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString('utf8'))

function queryOf({ target, query, spoils }: Plan, choose: Choose): string {
  const pairs = query.map(([name, value]): [string, string] => [name, encoded(toText(value, choose))])
  for (const each of spoils.filter((spoil) => spoil.at === 'query')) {
    const documented = target.query.map(({ name }) => name)
    const name = documented[each.nth % Math.max(documented.length, 1)] ?? 'x'
    const place = pairs.findIndex(([present]) => present === name)
    const value = encoded(toText(each.value, choose).slice(0, 4_000))
    if (each.how === 'drop') pairs.splice(Math.max(place, 0), 1)
    else if (each.how === 'extra') pairs.push([['__proto__', 'x', 'constructor[prototype]', '', 'a[]'][each.nth % 5] ?? 'x', value])
    else if (each.how === 'list') pairs.push([`${name}[]`, value], [`${name}[__proto__]`, value])
    else if (each.how === 'twice' || place < 0) pairs.push([name, value])
    else pairs[place] = [name, value]
  }
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function bodyOf(plan: Plan, choose: Choose): Buffer {
  const { target, spoils } = plan
  let node: Node | undefined = plan.body
  for (const each of spoils) if (each.at === 'body') node = spoilBody(node ?? null, each.nth, each.how)
  if (node === undefined) return Buffer.alloc(0)
  const write = { json: toJson, form: toForm, files: toFiles }[target.encoding]
  let text = write(node, choose)
  let body: Buffer = Buffer.from(text)
  for (const { at, ...each } of spoils.filter((spoil) => spoil.at === 'text')) {
    text = body.toString('utf8')
    body = spoilText(text, each)
  }
  return body
}

function spoilText(text: string, { how, nth }: { how: Extract<Spoil, { at: 'text' }>['how']; nth: number }): Buffer {
  const place = nth % Math.max(text.length, 1)
  switch (how) {
    case 'truncate':
      return Buffer.from(text.slice(0, place))
    case 'after':
      return Buffer.from(`${text}${[',', '}', ' x', '\u0000', '\n\n{}'][nth % 5]}`)
    case 'before':
      return Buffer.from(`${['\ufeff', ")]}',\n", '\u0000', ' \t\r\n', '//x\n'][nth % 5]}${text}`)
    case 'byte': {
      const bytes = Buffer.from(text)
      if (bytes.length > 0) bytes[nth % bytes.length] = [0xff, 0x00, 0xc0, 0xed][nth % 4] ?? 0
      return bytes
    }
    case 'twice':
      return Buffer.from(text + text)
    case 'comment':
      return Buffer.from(`${text.slice(0, place)}/* */${text.slice(place)}`)
    case 'empty':
      return Buffer.alloc(0)
    case 'utf16':
      return Buffer.from(text, 'utf16le')
    case 'gzip':
      return gzipSync(text)
    case 'not-gzip':
      return Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from(text)])
    case 'big':
      return Buffer.from(`${text.slice(0, -1)},"big":"${'x'.repeat(1_100_000)}"}`)
    default:
      return how satisfies never
  }
}

function toForm(node: Node, choose: Choose): string {
  if (!(node instanceof Members)) return toText(node, choose)
  return node.entries.map(([name, value]) => `${encoded(name)}=${encoded(toText(value, choose))}`).join('&')
}

/** A form whose members are files; anything else is one file. */
function toFiles(node: Node, choose: Choose): string {
  const files = node instanceof Members ? node.entries : [['file', node] as const]
  const parts = files.map(([name, value]) => {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name.replaceAll(/["\r\n]/g, '_')}"\r\n`
    return `${head}Content-Type: application/octet-stream\r\n\r\n${toText(value, choose)}\r\n`
  })
  return `${parts.join('')}--${boundary}--\r\n`
}

/** Headers a provider would send with this webhook; `wrong` ones are over other bytes. */
function signature(plan: Plan, parts: { world: World; query: string; body: Buffer }): [string, string][] {
  const { target, signature: kind } = plan
  const { world, query } = parts
  const body = kind === 'valid' ? parts.body : Buffer.concat([parts.body, Buffer.from('x')])
  return target.signedBy === null ? [] : signedHeaders(target, { world, query, body })
}

function signedHeaders(target: Target, { world, query, body }: { world: World; query: string; body: Buffer }): [string, string][] {
  const { config, deps } = world.test
  switch (target.signedBy) {
    case 'plaid':
      return [['Plaid-Verification', signAsPlaid(world.bankKey, body, new Date())]]
    case 'intuit':
      return [['intuit-signature', createHmac('sha256', config.quickbooks.webhookVerifierToken).update(body).digest('base64')]]
    case 'twilio': {
      const url = `${deps.publicUrl}${target.path}${query === '' ? '' : `?${query}`}`
      const params = Object.fromEntries(new URLSearchParams(body.toString('utf8')))
      return [['X-Twilio-Signature', signAsTwilio(config.twilio.authToken, url, params)]]
    }
    case 'sendgrid': {
      const timestamp = String(Math.floor(Date.now() / 1_000))
      return [
        ['X-Twilio-Email-Event-Webhook-Signature', signEvents(credentials.sendgrid.eventPrivateKey, timestamp, body.toString('utf8'))],
        ['X-Twilio-Email-Event-Webhook-Timestamp', timestamp],
      ]
    }
    case null:
      return []
    default:
      return target.signedBy satisfies never
  }
}
