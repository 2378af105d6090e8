import { CsvError, parse } from 'csv-parse/sync'
import { detectDelimiter } from 'hucre/csv'
import { decodeText } from '../core/decode-text.ts'
import { type RawRow, type Table, toTable, UnreadableFile } from './table.ts'

const oldEncoding =
  'This file is not in UTF-8, so it was read as Windows-1252, which spreadsheet programs write. Check the accented letters.'
const sampleCharacters = 64 * 1024

/** Reads comma-, semicolon-, tab- or bar-separated text of any common encoding. Throws {@link UnreadableFile}. */
export function readCsv(bytes: Uint8Array): Table {
  const { text, notes } = decode(bytes)
  const [declared, body] = separatorLine(text)
  // The last line of a sample may be half of one
  const sample = body.length > sampleCharacters ? body.slice(0, body.lastIndexOf('\n', sampleCharacters)) : body
  const rows = parseRows(body, declared ?? detectDelimiter(sample))
  const shift = declared === null ? 0 : 1
  return toTable(
    rows.map(({ row, cells }) => ({ row: row + shift, cells })),
    notes,
  )
}

/** Excel's first line `sep=;`, which names the separator. */
function separatorLine(text: string): [string | null, string] {
  const match = /^sep=(.)\r?\n/i.exec(text)
  return match === null ? [null, text] : [match[1] ?? null, text.slice(match[0].length)]
}

interface Parsed {
  info: { lines: number }
  record: string[]
}

function parseRows(text: string, delimiter: string): RawRow[] {
  try {
    const options = {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: false,
      bom: false,
      max_record_size: 1_000_000,
    } as const
    // With `info` each record comes with where it ends; the option's overload does not say so
    const records = parse(text, options) as unknown as Parsed[]
    // The row a spreadsheet program shows counts records, not the lines inside quotes
    return records.map(({ record }, index) => ({ row: index + 1, cells: record }))
  } catch (error) {
    throw error instanceof CsvError ? new UnreadableFile(sentenceOf(error)) : error
  }
}

function sentenceOf(error: CsvError): string {
  // The parser adds where it stood; its types leave that open
  const line = Number(error.lines)
  const where = Number.isFinite(line) ? ` near line ${line}` : ''
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `A quotation mark${where} is opened and never closed, so the cells after it cannot be told apart. Close it, or write two of them for one inside a cell.`
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return `A quotation mark${where} stands in the middle of a cell. Put the whole cell in quotation marks and write two of them for one inside.`
    case 'CSV_MAX_RECORD_SIZE':
      return `A row${where} is a million characters long: this is not a list of clients, or a quotation mark is missing.`
    default:
      return `The text${where} cannot be read as a list. Save it anew as CSV (UTF-8) or as XLSX.`
  }
}

/** The text of a file, with what has to be said about how it was read. */
function decode(bytes: Uint8Array): { text: string; notes: string[] } {
  if (bytes.length === 0) throw new UnreadableFile('This file is empty.')
  const decoded = decodeText(bytes)
  if (decoded === null) throw new UnreadableFile('This is not a spreadsheet. Save your list as CSV or XLSX and upload that.')
  return { text: decoded.text, notes: decoded.encoding === 'windows-1252' ? [oldEncoding] : [] }
}
