import type { StatementKind } from '@ledgersync/shared/statements'
import { decodeText } from '../core/decode-text.ts'

/** Why a file is none that we take. */
export type Unfit = 'empty' | 'cut_off' | 'picture' | 'spreadsheet' | 'archive' | 'web_page' | 'program' | 'other'

/** What a file is by what is in it, whatever its name or its sender say; or why it is no statement. */
export function detectStatement(bytes: Buffer): { kind: StatementKind } | { unfit: Unfit } {
  if (bytes.every((byte) => byte === 0 || byte === 0x20 || (byte > 8 && byte < 14))) return { unfit: 'empty' }
  if (beginsAsPdf(bytes)) return isWholePdf(bytes) ? { kind: 'pdf' } : { unfit: 'cut_off' }
  const signature = signatures.find(({ at, begins }) => begins.some((mark) => bytes.subarray(at, at + mark.length).equals(mark)))
  if (signature !== undefined) return { unfit: signature.what === 'archive' && isWorkbook(bytes) ? 'spreadsheet' : signature.what }
  const text = plainText(bytes)
  return text === null ? { unfit: isProgram(bytes) ? 'program' : 'other' } : detectText(text)
}

/** Some banks put a mark or a line break before the header; anything else there would make it two kinds of file at once. */
const beginsAsPdf = (bytes: Buffer): boolean => /^(?:\u00EF\u00BB\u00BF)?\s*%PDF-\d/.test(bytes.toString('latin1', 0, 64))

/** Readers look for the end mark in the last kilobyte; mail programs and banks pad with zeros and line breaks. */
function isWholePdf(bytes: Buffer): boolean {
  let end = bytes.length
  while (end > 0 && [0, 9, 10, 13, 26, 32].includes(bytes[end - 1] ?? -1)) end -= 1
  return bytes.toString('latin1', Math.max(0, end - 1_024), end).includes('%%EOF')
}

const mark = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'))

const signatures: { at: number; begins: Buffer[]; what: Unfit }[] = [
  { at: 0, begins: mark('\u0089PNG', '\u00FF\u00D8\u00FF', 'GIF8', 'II*\u0000', 'MM\u0000*'), what: 'picture' },
  { at: 4, begins: mark('ftyp'), what: 'picture' },
  { at: 8, begins: mark('WEBP'), what: 'picture' },
  { at: 0, begins: mark('PK\u0003\u0004', 'PK\u0005\u0006', '\u001F\u008B', 'Rar!', '7z\u00BC\u00AF', 'BZh'), what: 'archive' },
  // The old formats of Excel and Word
  { at: 0, begins: mark('\u00D0\u00CF\u0011\u00E0'), what: 'spreadsheet' },
  { at: 0, begins: mark('\u007FELF', '\u00CF\u00FA\u00ED\u00FE', '\u00CA\u00FE\u00BA\u00BE', '#!'), what: 'program' },
]

const isProgram = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 2) === 'MZ'

/** XLSX and ODS are archives; their first entries say so. */
function isWorkbook(bytes: Buffer): boolean {
  const first = bytes.toString('latin1', 0, 64 * 1024)
  return first.includes('xl/') || first.includes('opendocument.spreadsheet')
}

// Tabs, line and page breaks are text; the mark of the end is what old programs write last
// oxlint-disable-next-line no-control-regex -- the characters that no text has
const control = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/

function plainText(bytes: Buffer): string | null {
  const decoded = decodeText(bytes)?.text.trimEnd()
  if (decoded === undefined) return null
  const text = decoded.endsWith('\u001A') ? decoded.slice(0, -1) : decoded
  return control.test(text) ? null : text
}

function detectText(text: string): { kind: StatementKind } | { unfit: Unfit } {
  const begin = text.slice(0, 4_096).trimStart()
  if (/^(?:OFXHEADER\s*:|(?:<\?(?:xml|OFX)\b[^>]*>\s*)*<OFX>)/i.test(begin))
    return /<\/OFX>\s*$/i.test(text.slice(-256)) ? { kind: 'ofx' } : { unfit: 'cut_off' }
  if (/^<(?:!doctype|!--|html|head|body|script|table|div|meta|svg)\b/i.test(begin)) return { unfit: 'web_page' }
  // Markup, JSON, and what printers and mail programs read
  if (/^(?:[<{]|%!|MIME-Version:|From: )/i.test(begin)) return { unfit: 'other' }
  return isTable(text) ? { kind: 'csv' } : { unfit: 'other' }
}

const sampleCharacters = 64 * 1024

/**
 * Rows of cells: at least two lines that one separator cuts, most of them into as many cells. Banks put lines of words before the
 * table, and sums after it.
 */
function isTable(text: string): boolean {
  const sample = text.slice(0, sampleCharacters).replaceAll(/"[^"]*"/g, '')
  const lines = sample.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '')
  return [',', ';', '\t', '|'].some((separator) => {
    const cuts = lines.map((line) => line.split(separator).length - 1).filter((count) => count > 0)
    if (cuts.length < 2 || cuts.length < lines.length / 2) return false
    const most = Math.max(...[...new Set(cuts)].map((count) => cuts.filter((each) => each === count).length))
    return most >= cuts.length / 2
  })
}
