import { uploadBytesMax, uploadColumnsMax, uploadRowsMax } from '@ledgersync/shared/upload-limits'

/** One row of a file as text. `damage` says, by column, why a cell's text cannot be trusted. */
export interface TableRow {
  /** Number in the file, from 1, as the spreadsheet program shows it. */
  row: number
  cells: string[]
  damage: Record<number, string>
}

/** A file as it was read: the header, and every row that has anything in it. */
export interface Table {
  headers: string[]
  rows: TableRow[]
  /** What the person should know about how it was read, in sentences. */
  notes: string[]
}

/** A file that cannot be read. The message is a sentence for the person who sent it: what is wrong and what to do. */
export class UnreadableFile extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'UnreadableFile'
  }
}

/** Beyond it nothing of ours is: the rest is cut off, and a column that is used says so. */
const cellCharactersMax = 1_000
const damaged = 'This cell has characters that were damaged on the way (shown as \uFFFD). Type the value again.'
const tooLong = `This cell has more than ${cellCharactersMax} characters.`
const looksLikeFormula = 'This is a formula, not a value. Put the value itself here.'

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').replace(/\p{Surrogate}/gu, '\uFFFD')

/** The beginning of a text, which does not end in half a letter. */
export const cut = (text: string, charactersMax: number): string =>
  storable(text)
    .slice(0, charactersMax)
    .replace(/\p{Surrogate}$/u, '')

/** A cell's text without what spreadsheets put around it, and what is wrong with it. */
function clean(text: string): { text: string; damage: string | null } {
  // No field of ours has line breaks
  const flat = unguard(
    storable(text)
      .replaceAll(/[\s\u0085]+/gu, ' ')
      .trim(),
  )
  if (flat.length > cellCharactersMax) return { text: cut(flat, cellCharactersMax), damage: tooLong }
  if (flat.includes('\uFFFD')) return { text: flat, damage: damaged }
  return { text: flat, damage: flat.startsWith('=') ? looksLikeFormula : null }
}

/** Takes off what keeps spreadsheet programs from reading a text as a number or formula: `'0123` and `="0123"`. */
function unguard(text: string): string {
  const quoted = /^="((?:[^"]|"")*)"$/.exec(text)
  if (quoted !== null) return (quoted[1] ?? '').replaceAll('""', '"').trim()
  return /^'[=+\-@|(0-9]/.test(text) ? text.slice(1) : text
}

export interface RawRow {
  row: number
  cells: readonly string[]
  damage?: Record<number, string>
}

/**
 * Finds the header among rows as they were read and makes the table: empty rows and empty columns at the end are left out. Throws
 * {@link UnreadableFile} when there is nothing in it, or more than is taken at once.
 */
export function toTable(raw: Iterable<RawRow>, notes: string[] = []): Table {
  const rows = [...cleaned(raw)]
  const [first] = rows
  if (first === undefined)
    throw new UnreadableFile('This file is empty. Put the names of the columns in the first row and one client in each row below.')
  const width = rows.reduce((most, { cells }) => Math.max(most, cells.length), 0)
  if (width > uploadColumnsMax)
    throw new UnreadableFile(
      `This file has ${width.toLocaleString('en')} columns; at most ${uploadColumnsMax} are read. Delete the columns that say nothing about clients.`,
    )
  const at = headerIndex(rows)
  const header = at === null ? null : rows[at]
  const body = at === null ? rows : rows.slice(at + 1)
  if (body.length === 0) throw new UnreadableFile('This file has a header and no rows. Put one client in each row below it.')
  if (body.length > uploadRowsMax)
    throw new UnreadableFile(
      `This file has ${body.length.toLocaleString('en')} rows; at most ${uploadRowsMax.toLocaleString('en')} can be uploaded at once. Split it into several files.`,
    )
  if (header === null) notes.push('The first row looks like a client, so the columns have no names. Say below what each one means.')
  else if (at !== null && at > 0)
    notes.push(`The names of the columns were found in row ${header?.row ?? 1}; what stands above it is left out.`)
  return {
    headers: Array.from(
      { length: width },
      (_, column) => cut(header?.cells[column] ?? '', headerCharactersMax) || `Column ${letterOf(column)}`,
    ),
    rows: body.map(({ row, cells, damage }) => ({ row, cells: Array.from({ length: width }, (_, column) => cells[column] ?? ''), damage })),
    notes,
  }
}

/** So many rows are looked at before a file is called too long: one with a million must not fill the memory first. */
const rowsLookedAtMax = 100_000
/** Of all cells together: as many as a plain text of the largest size has. In a workbook one text may stand in very many cells. */
const charactersMax = uploadBytesMax

function* cleaned(raw: Iterable<RawRow>): Generator<TableRow> {
  let [count, characters] = [0, 0]
  for (const { row, cells, damage: known = {} } of raw) {
    for (const cell of cells) characters += cell.length
    if (characters > charactersMax)
      throw new UnreadableFile(
        'The cells of this file have more than 8 million characters together, which no list of clients does. Copy the columns that say something about clients into a new file and upload that.',
      )
    const damage: Record<number, string> = {}
    const texts = cells.map((cell, column) => {
      const { text, damage: found } = clean(cell)
      const told = known[column] ?? found
      if (told !== null && told !== undefined) damage[column] = told
      return text
    })
    while (texts.length > 0 && texts.at(-1) === '' && damage[texts.length - 1] === undefined) texts.pop()
    if (texts.length === 0) continue
    count += 1
    if (count > rowsLookedAtMax)
      throw new UnreadableFile(
        `This file has more than ${rowsLookedAtMax.toLocaleString('en')} rows; at most ${uploadRowsMax.toLocaleString('en')} can be uploaded at once.`,
      )
    yield { row, cells: texts, damage }
  }
}

const headerCharactersMax = 100
const titleRowsMax = 10

/** Longer ones are none (RFC 5321). */
const emailCharactersMax = 254

/**
 * Whether a cell has the shape of an e-mail. Whoever wrote the file chose its cells: no part of the pattern takes what ends the part
 * before it, so that looking takes as long as the cell is, and not the square or the cube of that.
 */
export const looksLikeEmail = (cell: string): boolean => cell.length <= emailCharactersMax && /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/.test(cell)

/**
 * The row of column names: the first with two words in it, past titles of one cell; null when the first row is data already. A list
 * of a single column has its name in the first row.
 */
function headerIndex(rows: readonly TableRow[]): number | null {
  const wide = rows.slice(0, titleRowsMax).findIndex(({ cells }) => cells.filter((cell) => cell !== '').length > 1)
  const at = wide < 0 ? 0 : wide
  const isData = rows[at]?.cells.some((cell) => looksLikeEmail(cell) || /^\+?[\d\s().-]{9,}$/.test(cell)) === true
  return isData ? null : at
}

/** The column's letter as spreadsheet programs show it: A, B … Z, AA. */
export function letterOf(column: number): string {
  const rest = Math.floor(column / 26)
  return (rest > 0 ? letterOf(rest - 1) : '') + String.fromCharCode(65 + (column % 26))
}
