import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** How a gateway treats what comes through it. `pass` hands it on; the others answer in the provider's place, or do not. */
export type Manner = 'pass' | 'echo-400' | 'echo-401' | 'echo-429' | 'echo-500' | 'page' | 'half' | 'garbage' | 'redirect' | 'drop'

export const manners: Exclude<Manner, 'pass'>[] = [
  'echo-400',
  'echo-401',
  'echo-429',
  'echo-500',
  'page',
  'half',
  'garbage',
  'redirect',
  'drop',
]

export interface Gateway {
  url: string
  manner: Manner
  /** Where it hands on to. */
  target: string
  close(): Promise<void>
}

/**
 * Stands between the product and a provider. In every manner but `pass` it answers with all that it was sent, credentials
 * included, wherever a careless provider might put it. `note` is told every secret that goes through, by name.
 */
export async function openGateway(note: (name: string, secret: string) => void): Promise<Gateway> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => void chunks.push(chunk))
    req.on('end', () => {
      const body = Buffer.concat(chunks)
      noteHeaders(req, note)
      noteBody(body.toString(), note)
      if (gateway.manner === 'pass') handOn(gateway.target, { req, res, body }, note)
      else misbehave(gateway.manner, { req, res, body })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const gateway: Gateway = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    manner: 'pass',
    target: '',
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return gateway
}

interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  body: Buffer
}

function handOn(target: string, { req, res, body }: Exchange, note: (name: string, secret: string) => void): void {
  const { host: _host, ...headers } = req.headers
  const onward = request(`${target}${req.url}`, { method: req.method, headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => void chunks.push(chunk))
    answer.on('end', () => {
      noteBody(Buffer.concat(chunks).toString(), note)
      res.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks))
    })
  })
  onward.on('error', () => res.destroy())
  onward.end(body)
}

function misbehave(manner: Exclude<Manner, 'pass'>, { req, res, body }: Exchange): void {
  const said = `${req.method} ${req.url} ${JSON.stringify(req.headers)} ${body.toString()}`
  const json = (status: number, value: object): void =>
    void res
      .writeHead(status, { 'content-type': 'application/json', 'x-said': encodeURIComponent(said).slice(0, 4_000) })
      .end(JSON.stringify(value))
  // Members as all four providers name them, but for the sentences that they mean for people
  const wrong = {
    error_type: 'API_ERROR',
    error_code: said,
    error_message: said,
    error: said,
    error_description: said,
    message: said,
    code: said,
    errors: [{ message: said, field: said }],
    fault: { error: [{ message: said, code: said }], type: said },
    request_id: said,
  }
  switch (manner) {
    case 'drop':
      return void res.destroy()
    case 'page':
      return void res.writeHead(502, { 'content-type': 'text/html' }).end(`<html>${said}</html>`)
    case 'half':
      return void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(wrong).slice(0, -5))
    case 'redirect':
      return void res.writeHead(307, { location: `http://127.0.0.1:9/?${encodeURIComponent(said).slice(0, 4_000)}` }).end()
    case 'garbage':
      return json(200, wrong)
    default:
      return json(Number(manner.slice(5)), wrong)
  }
}

function noteHeaders(req: IncomingMessage, note: (name: string, secret: string) => void): void {
  const { authorization } = req.headers
  if (authorization !== undefined) note('an authorization header', authorization.split(' ')[1] ?? authorization)
  const secret = req.headers['plaid-secret']
  if (typeof secret === 'string') note('a header with a secret', secret)
}

const secretMembers = new Set([
  'access_token',
  'refresh_token',
  'public_token',
  'public_tokens',
  'link_token',
  'hosted_link_url',
  'token',
  'code',
])

/** Members of JSON and fields of forms that are secrets, and the links and codes in what people are sent. */
function noteBody(text: string, note: (name: string, secret: string) => void): void {
  for (const [link] of text.matchAll(/(?<=\/i\/|verify-email#)[\w-]{43}/g)) note('a link', link)
  for (const [code] of text.matchAll(/(?<=code is )\d{6}/g)) note('a code', code)
  if (text.startsWith('{')) walk(JSON.parse(text), note)
  else for (const [name, value] of new URLSearchParams(text)) if (secretMembers.has(name)) note(`a form's ${name}`, value)
}

function walk(value: unknown, note: (name: string, secret: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    const texts: unknown[] = Array.isArray(member) ? member : [member]
    for (const text of texts) if (secretMembers.has(name) && typeof text === 'string' && text.length > 12) note(name, text)
    walk(member, note)
  }
}
