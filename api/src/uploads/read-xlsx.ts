import { type UnzipFileInfo, unzipSync, type Zippable, zipSync } from 'fflate'
import { type Cell, type CellValue, readXlsx as readWorkbook, type Workbook } from 'hucre/xlsx'
import { uploadColumnsMax } from '@ledgersync/shared/upload-limits'
import { cut, letterOf, type RawRow, type Table, toTable, UnreadableFile } from './table.ts'

/** Of all parts together, unpacked. A list of 5,000 clients has about three. */
const unpackedBytesMax = 64 * 1024 * 1024
const partsMax = 2_000
/** What the text of a sheet needs; pictures, charts and programs are left where they are. */
const isNeeded = (name: string): boolean =>
  /\.(?:xml|rels)$/i.test(name) && !/(?:drawings|charts|pivot|media|externalLinks|comments|printerSettings)/i.test(name)

const unreadable =
  'This file cannot be read as a spreadsheet; it may be damaged. Open it in your spreadsheet program and save it anew as XLSX or CSV.'
const tooLarge = `This file unpacks to more than ${unpackedBytesMax / 1024 / 1024} MB, which no list of clients does. Copy the list into a new file and upload that.`
const olderFormat =
  'This file is protected by a password or in the format of Excel 97 to 2003 (.xls). Take the password off, save it as XLSX or CSV, and upload that.'

/** The container of workbooks before XLSX, and of protected ones. */
const isOle = (bytes: Uint8Array): boolean => bytes[0] === 0xd0 && bytes[1] === 0xcf && bytes[2] === 0x11 && bytes[3] === 0xe0

/** Reads the first sheet with anything in it. Throws {@link UnreadableFile}. */
export async function readXlsx(bytes: Uint8Array): Promise<Table> {
  if (isOle(bytes)) throw new UnreadableFile(olderFormat)
  const workbook = await readBounded(bytes)
  const shown = workbook.sheets.filter((sheet) => sheet.hidden !== true && sheet.veryHidden !== true)
  const sheet = shown.find(({ rows }) => rows.some((row) => row.some((value) => value !== null && value !== ''))) ?? shown[0]
  if (sheet === undefined) throw new UnreadableFile('This workbook has no sheet that is shown.')
  const notes = shown.length > 1 ? [`This workbook has ${shown.length} sheets; "${cut(sheet.name, 60)}" was read.`] : []
  const hidden = hiddenRows(sheet)
  if (hidden.size > 0)
    notes.push(
      `${hidden.size === 1 ? '1 hidden row was' : `${hidden.size.toLocaleString('en')} hidden rows were`} left out. Show all rows in your spreadsheet program if you want them too.`,
    )
  return toTable(rowsOf(sheet, hidden), notes)
}

/** Indexes of the rows with anything in them that a filter, or a person, has hidden: nobody sees that they are in the list. */
function hiddenRows({ rows, rowDefs }: Sheet): Set<number> {
  const isFilled = (index: number): boolean => rows[index]?.some((value) => value !== null && value !== '') === true
  return new Set([...(rowDefs ?? [])].flatMap(([index, { hidden }]) => (hidden === true && isFilled(index) ? [index] : [])))
}

/**
 * Unpacks within bounds, then reads. The sizes that parts claim are summed before anything is unpacked, and no part may become larger
 * than it claims; what is read afterwards is only what came out of that.
 */
async function readBounded(bytes: Uint8Array): Promise<Workbook> {
  let [parts, total] = [0, 0]
  const accept = ({ name, originalSize }: UnzipFileInfo): boolean => {
    parts += 1
    if (!isNeeded(name)) return false
    total += originalSize
    if (parts > partsMax || total > unpackedBytesMax) throw new UnreadableFile(tooLarge)
    return true
  }
  try {
    const unpacked = unzipSync(bytes, { filter: accept })
    const stored: Zippable = Object.fromEntries(Object.entries(unpacked).map(([name, data]) => [name, [data, { level: 0 }]]))
    return await readWorkbook(zipSync(stored))
  } catch (error) {
    // Whatever the two libraries say of it, in whatever class: the file is not what it claims to be
    throw error instanceof UnreadableFile ? error : new UnreadableFile(unreadable)
  }
}

type Sheet = Workbook['sheets'][number]

function* rowsOf(sheet: Sheet, hidden: ReadonlySet<number>): Generator<RawRow> {
  const covered = coveredCells(sheet)
  for (const [index, values] of sheet.rows.entries()) {
    if (hidden.has(index)) continue
    const damage: Record<number, string> = { ...covered.get(index) }
    const cells = values.map((value, column) => {
      const cell = sheet.cells?.get(`${index},${column}`)
      const told = cell === undefined ? null : damageOf(cell, value)
      if (told !== null) damage[column] = told
      else if (value instanceof Date) damage[column] = 'This cell is a date. Format it as text and type the value again.'
      return textOf(cell?.type === 'formula' ? (cell.formulaResult ?? value) : value)
    })
    yield { row: index + 1, cells, damage }
  }
}

function damageOf(cell: Cell, value: CellValue): string | null {
  if (cell.type === 'error' || (typeof value === 'string' && /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|SPILL!)$/.test(value)))
    return `The spreadsheet shows an error here (${cut(String(value ?? 'unknown'), 20)}). Put the value itself.`
  const isEmpty = (value === null || value === '') && (cell.formulaResult === undefined || cell.formulaResult === null)
  if (cell.formula !== undefined && isEmpty)
    return 'This formula has no saved result. Open the file in your spreadsheet program, save it, and upload it again; or put the value itself.'
  return null
}

/** A number keeps all its digits: 15035550101 must not become 1.50355501E+10. */
function textOf(value: CellValue): string {
  if (value === null) return ''
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 10)
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(0) : String(value)
  return typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : value
}

const coveredMax = 100_000

/** Cells that a merged one lies over: they look as if they had its value, and have none. */
function coveredCells({ rows, merges = [] }: Sheet): Map<number, Record<number, string>> {
  const covered = new Map<number, Record<number, string>>()
  let count = 0
  for (const { startRow, endRow, startCol, endCol } of merges) {
    if (endRow === startRow) continue
    const sentence = `This cell is merged with ${letterOf(startCol)}${startRow + 1}. Unmerge the cells, so that each row has a value of its own.`
    for (let row = startRow + 1; row <= Math.min(endRow, rows.length - 1); row++)
      for (let column = startCol; column <= Math.min(endCol, uploadColumnsMax - 1); column++) {
        count += 1
        if (count > coveredMax)
          throw new UnreadableFile('This sheet has very many merged cells. Unmerge them, so that each row has values of its own.')
        covered.set(row, { ...covered.get(row), [column]: sentence })
      }
  }
  return covered
}
