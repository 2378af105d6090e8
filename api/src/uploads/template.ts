import { writeCsv } from 'hucre/csv'
import { writeXlsx } from 'hucre/xlsx'
import { uploadRowsMax } from '@ledgersync/shared/upload-limits'
import { type UploadField, uploadFields, uploadFieldWords } from '@ledgersync/shared/uploads'
import { invalidField } from '../core/errors.ts'
import type { Table } from './table.ts'

export interface FileAnswer {
  fileName: string
  mediaType: string
  /** Base64. */
  content: string
}

/** A whole name beside its halves would say the same thing twice. */
const templateFields = uploadFields.filter((field) => field !== 'contactName')

const example: Record<(typeof templateFields)[number], string> = {
  businessName: 'Saltgrass Outfitters (example)',
  contactFirstName: 'Nora',
  contactLastName: 'Velasco',
  email: 'nora@saltgrass.example',
  username: '',
  phone: '+1 503 555 0142',
  staffHaveAccess: 'no',
  textConsent: 'yes',
  timeZone: 'America/Los_Angeles',
  language: 'English',
  group: '',
  staff: '',
}
const exampleRow = templateFields.map((field) => example[field])

const label = (field: UploadField): string => uploadFieldWords[field].label

/** The table without the example row of the template, which people leave where it stands. Throws when it has nothing else. */
export function withoutExample(table: Table): Table {
  // Columns may have been taken out or moved, and cells filled in; this name nobody has
  const isExample = (cells: readonly string[]): boolean => cells.includes(example.businessName)
  const rows = table.rows.filter(({ cells }) => !isExample(cells))
  if (rows.length === table.rows.length) return table
  if (rows.length === 0) throw invalidField('body.content', 'This is the template with its example alone. Put your clients below it.')
  return { ...table, rows, notes: [...table.notes, 'The example row of the template was left out.'] }
}

/** A CSV file that spreadsheet programs open with its letters right, and in which no cell is run as a formula. */
export function csvFile(fileName: string, rows: readonly (readonly string[])[]): FileAnswer {
  const text = writeCsv(
    rows.map((row) => [...row]),
    { bom: true, escapeFormulae: true },
  )
  return { fileName, mediaType: 'text/csv; charset=utf-8', content: Buffer.from(text).toString('base64') }
}

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const textFormat = '@'

/** A spreadsheet with every column, an example row and notes. */
export async function templateFile(format: 'csv' | 'xlsx'): Promise<FileAnswer> {
  const header = templateFields.map(label)
  if (format === 'csv') return csvFile('Clients.csv', [header, exampleRow])
  const notes = [
    ['Column', 'What to write'],
    ...templateFields.map((field) => [label(field), uploadFieldWords[field].note]),
    [],
    ['', `At most ${uploadRowsMax.toLocaleString('en')} rows in one file. Columns may be left out, and stand in any order.`],
    ['', 'The example row is left out when you upload the file.'],
  ]
  const bytes = await writeXlsx({
    sheets: [
      // As text, so that no phone becomes 1.5E+10 and no date appears
      {
        name: 'Clients',
        rows: [header, exampleRow],
        columns: header.map((text) => ({ width: Math.max(18, text.length + 4), style: { numFmt: textFormat } })),
        freezePane: { rows: 1 },
      },
      { name: 'Notes', rows: notes, columns: [{ width: 26 }, { width: 90 }] },
    ],
  })
  return { fileName: 'Clients.xlsx', mediaType: xlsxType, content: Buffer.from(bytes).toString('base64') }
}
