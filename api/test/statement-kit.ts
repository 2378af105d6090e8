import { type Statement, statements } from '@ledgersync/shared/statements'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/** A file as a person would choose it. */
export interface Chosen {
  name: string
  bytes: Buffer
}

/** The smallest thing that is a PDF from its first to its last mark, with some words in it. */
export const pdf = (words = 'March', padding = 0): Buffer =>
  Buffer.concat([
    Buffer.from(`%PDF-1.7\n%\u00E2\u00E3\n1 0 obj (${words}) endobj\n`),
    Buffer.alloc(padding, 0x41),
    Buffer.from('\ntrailer <<>>\n%%EOF\n'),
  ])
export const csvFile = (words = 'FUEL'): Buffer =>
  Buffer.from(`Date,Payee,Amount\r\n2026-03-01,${words},-5.00\r\n2026-03-02,${words},7.25\r\n`)
export const ofx = (): Buffer => Buffer.from('OFXHEADER:100\r\nDATA:OFXSGML\r\n\r\n<OFX><BANKMSGSRSV1></BANKMSGSRSV1></OFX>\r\n')

/** What tests of statements share. */
export function statementKit(app: () => TestApp, dana: () => Person) {
  const headers = (cookie?: string) => ({ origin: app().config.publicUrl, ...(cookie !== undefined && { cookie }) })
  const list = async (clientId: string, as: Person = dana()): Promise<Statement[]> =>
    (await app().call(statements.list, { params: { clientId } }, as)).body.items
  return {
    list,
    names: async (clientId: string) => (await list(clientId)).map(({ fileName }) => fileName).sort(),
    page: (token: string, cookie?: string, query = '') => app().request().get(`/i/${token}/statements${query}`).set(headers(cookie)),
    /** The tap on the landing page's button; answers the cookie that claims the link. */
    async open(token: string): Promise<string> {
      const answer = await app().request().post(`/i/${token}/statements`).set(headers()).type('form').send('')
      expect([answer.status, answer.headers.location]).toEqual([303, `/i/${token}/statements`])
      return String(answer.headers['set-cookie']).split(';')[0] ?? ''
    },
    /** The form with its files, as a browser without script sends it. */
    send(token: string, files: Chosen[], cookie?: string, query = '') {
      const request = app().request().post(`/i/${token}/statements${query}`).set(headers(cookie))
      for (const { name, bytes } of files) void request.attach('files', bytes, { filename: name, contentType: 'application/octet-stream' })
      return request
    },
    takeBack: (token: string, statementId: string, cookie?: string) =>
      app().request().post(`/i/${token}/statements/${statementId}/remove`).set(headers(cookie)).type('form').send(''),
    add: (clientId: string, { name, bytes }: Chosen, as: Person = dana()) =>
      app().call(statements.add, { params: { clientId }, body: { fileName: name, content: bytes.toString('base64') } }, as),
    download: (clientId: string, statementId: string, as: Person = dana()) =>
      app()
        .request()
        .get(`/v1${statements.download.url.replace(':clientId', clientId).replace(':statementId', statementId)}`)
        .set('Cookie', as.cookie)
        .buffer(true)
        .parse((answer, done) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () => done(null, Buffer.concat(chunks)))
          answer.on('error', (error) => done(error, null))
        }),
  }
}
