import type { Language } from '@ledgersync/shared/common'
import type { CellProblem, UploadField } from '@ledgersync/shared/uploads'
import type { TableRow } from './table.ts'

/** What a row says about a client, field by field; what it leaves open is not there. */
export interface Said {
  businessName?: string
  contactFirstName?: string
  contactLastName?: string
  email?: string
  username?: string
  phone?: string
  staffHaveAccess?: boolean
  textConsent?: boolean
  timeZone?: string
  language?: Language
  /** The name of a group. */
  group?: string
  /** E-mails, in lower case. */
  staff?: string[]
}

const yes = new Set(['yes', 'y', 'true', '1', 'x', '✓', 'si', 'sí', 's', 'verdadero'])
const no = new Set(['no', 'n', 'false', '0', '-', 'falso'])
const languages: Record<string, Language> = {
  en: 'en',
  english: 'en',
  ingles: 'en',
  inglés: 'en',
  es: 'es',
  spanish: 'es',
  espanol: 'es',
  español: 'es',
  castellano: 'es',
}

const shortened = /^[+-]?\d(?:[.,]\d+)?e[+-]?\d+$/i

/** Reads one cell into `said`, or answers what is wrong with it. The text is not empty. */
type Reader = (text: string, said: Said) => string | null

const asYesOrNo =
  (field: 'staffHaveAccess' | 'textConsent'): Reader =>
  (text, said) => {
    const word = text.toLowerCase()
    if (!yes.has(word) && !no.has(word)) return 'Write yes or no.'
    said[field] = yes.has(word)
    return null
  }
const asText =
  (field: 'businessName' | 'contactFirstName' | 'contactLastName' | 'email' | 'username' | 'timeZone' | 'group'): Reader =>
  (text, said) => {
    said[field] = text
    return null
  }

const readers: Record<UploadField, Reader> = {
  businessName: asText('businessName'),
  contactName(text, said) {
    const [first, last] = splitName(text)
    // A half that is not there says nothing of the one that is known
    if (first !== '') said.contactFirstName = first
    if (last !== '') said.contactLastName = last
    return null
  },
  contactFirstName: asText('contactFirstName'),
  contactLastName: asText('contactLastName'),
  email: asText('email'),
  username: asText('username'),
  phone(text, said) {
    if (shortened.test(text))
      return `A spreadsheet has shortened this number to ${text} and its last digits are lost. Format the column as text and type the number again.`
    said.phone = text
    return null
  },
  staffHaveAccess: asYesOrNo('staffHaveAccess'),
  textConsent: asYesOrNo('textConsent'),
  timeZone: asText('timeZone'),
  language(text, said) {
    const language = languages[text.toLowerCase()]
    if (language === undefined) return 'Write English or Spanish.'
    said.language = language
    return null
  },
  group: asText('group'),
  staff(text, said) {
    said.staff = [
      ...new Set(
        text
          .toLowerCase()
          .split(/[\s,;]+/)
          .filter(Boolean),
      ),
    ]
    return null
  },
}

const suffixes = new Set(['cpa', 'ea', 'jr', 'sr', 'ii', 'iii', 'esq', 'llc', 'phd', 'md'])
const isSuffix = (part: string): boolean => part.split(' ').every((word) => suffixes.has(word.toLowerCase().replaceAll('.', '')))

/** "Velasco, Nora" and "Nora Velasco": the first name and the rest. What stands after a name, as in "Nora Velasco, CPA", stays there. */
function splitName(text: string): [string, string] {
  const parts = text.split(',').map((part) => part.trim())
  const last = parts.findLastIndex((part) => !isSuffix(part))
  if (last < 0) return [text, '']
  const suffix = parts
    .slice(last + 1)
    .map((part) => `, ${part}`)
    .join('')
  const [family = '', ...given] = parts.slice(0, last + 1)
  if (given.length > 0) return [given.join(', '), family + suffix]
  const space = family.indexOf(' ')
  return space < 0 ? [family + suffix, ''] : [family.slice(0, space), family.slice(space + 1).trim() + suffix]
}

/** Reads the matched cells of a row. Cells that were damaged say nothing, and are problems. */
export function readRow({ cells, damage }: TableRow, fields: readonly (UploadField | null)[]): { said: Said; problems: CellProblem[] } {
  const said: Said = {}
  const problems: CellProblem[] = []
  for (const [column, field] of fields.entries()) {
    if (field === null) continue
    const text = cells[column] ?? ''
    const told = damage[column]
    const message = told ?? (text === '' ? null : readers[field](text, said))
    if (message !== null) problems.push({ column, message })
  }
  return { said, problems }
}
