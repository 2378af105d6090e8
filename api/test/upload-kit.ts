import { type Upload, type UploadField, uploads } from '@ledgersync/shared/uploads'
import { writeXlsx } from 'hucre/xlsx'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

export const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')

/** A workbook of one sheet, as spreadsheet programs write it. */
export const workbook = (rows: (string | number | boolean | Date | null)[][], more: object = {}): Promise<Uint8Array> =>
  writeXlsx({ sheets: [{ name: 'Clients', rows, ...more }] })

/** CSV of a header and rows, none of whose cells needs quotes. */
export const csv = (...rows: (readonly string[])[]): string => rows.map((row) => row.join(',')).join('\r\n')

export const header = ['Business name', 'E-mail', 'Cell phone'] as const

/** Rows of clients that can be taken, each with a name of its own. */
export const goodRows = (count: number, word = 'Saltgrass'): string[][] =>
  Array.from({ length: count }, (_, index) => [
    `${word} ${index}`,
    `${word.toLowerCase()}${index}@saltgrass.example`,
    `(503) 555-${String(index % 10_000).padStart(4, '0')}`,
  ])

/** Calls of a person who uploads lists. */
export function uploadKit(product: () => TestApp, person: () => Person) {
  const send = (file: string | Uint8Array, as: Person = person(), fileName = 'clients.csv') =>
    product().call(uploads.create, { body: { fileName, content: base64(file) } }, as)
  const kit = {
    send,
    /** Uploads a file and matches its columns as proposed, or as said. */
    async ready(
      file: string | Uint8Array,
      { as = person(), fields, staffHaveAccess = false }: { as?: Person; fields?: (UploadField | null)[]; staffHaveAccess?: boolean } = {},
    ): Promise<Upload> {
      const sent = await send(file, as)
      expect([sent.status, sent.body]).toEqual([201, expect.anything()])
      const body = { fields: fields ?? sent.body.columns.map(({ field }) => field), staffHaveAccess }
      const matched = await product().call(uploads.match, { params: { uploadId: sent.body.id }, body }, as)
      expect([matched.status, matched.body]).toEqual([200, expect.anything()])
      return matched.body
    },
    rows: async (uploadId: string, only: 'all' | 'bad' = 'all', as: Person = person()) =>
      (await product().call(uploads.rows, { params: { uploadId }, query: { only, limit: 200 } }, as)).body.items,
    run: (uploadId: string, body: { badRows: 'refuse' | 'skip'; invite?: 'sms' | 'email' | 'both' | 'none' }, as: Person = person()) =>
      product().call(uploads.run, { params: { uploadId }, body }, as),
    get: async (uploadId: string, as: Person = person()) => (await product().call(uploads.get, { params: { uploadId } }, as)).body,
    /** Problems as people see them: the name of the column and the sentence. */
    async problems(upload: Upload, as: Person = person()): Promise<[number, string | null, string][]> {
      const rows = await kit.rows(upload.id, 'bad', as)
      return rows.flatMap(({ row, problems }) =>
        problems.map(({ column, message }): [number, string | null, string] => [
          row,
          column === null ? null : (upload.columns[column]?.header ?? null),
          message,
        ]),
      )
    },
    /** What the firm has, as names. */
    async clientNames(): Promise<string[]> {
      const { rows } = await product().admin.query<{ business_name: string }>(
        'select business_name from clients where firm_id = $1 order by business_name',
        [person().firmId],
      )
      return rows.map((row) => row.business_name)
    },
  }
  return kit
}
