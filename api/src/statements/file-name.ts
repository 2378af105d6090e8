import type { StatementKind } from '@ledgersync/shared/statements'

/** Endings a file of each kind may have; the first is given to one that has another. */
const endings: Record<StatementKind, readonly [string, ...string[]]> = {
  pdf: ['pdf'],
  csv: ['csv', 'txt', 'tsv'],
  ofx: ['ofx', 'qfx', 'qbo'],
}

const lengthMax = 120

/**
 * What a file is called here: the last part of whatever path its sender wrote, on one line, without characters that are not seen or
 * turn the others around, of bounded length, with an ending that its content keeps. `wasGiven` when that ending is ours.
 */
export function statementName(sent: string, kind: StatementKind): { fileName: string; wasGiven: boolean } {
  const seen = visible(sent)
  const [, stem = '', ending = ''] = /^(.*)\.([a-z0-9]{1,5})$/i.exec(seen) ?? [null, seen, '']
  const isOf = endings[kind].includes(ending.toLowerCase())
  const kept = isOf ? ending : endings[kind][0]
  const name = cut(isOf ? stem : seen, lengthMax - kept.length - 1)
  return { fileName: `${name === '' ? 'statement' : name}.${kept}`, wasGiven: !isOf }
}

/** A name as it may be shown and said back, whatever the file is; empty when nothing of it can be seen. */
export const plainName = (sent: string): string => cut(visible(sent), lengthMax)

/** The last part of a path, without controls, marks of direction and what no font has. */
function visible(sent: string): string {
  const last = sent.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const seen = last.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\uFFFD]/gu, '').replaceAll(/\s+/g, ' ')
  return trimmed(seen)
}

/** Dots and blanks at the ends are hidden or dropped by what a name is saved with. */
const trimmed = (name: string): string => name.replaceAll(/^[\s.]+|[\s.]+$/g, '')

/** By characters, so that none is cut in half. */
function cut(name: string, max: number): string {
  const characters = [...name]
  return characters.length <= max ? trimmed(name) : `${trimmed(characters.slice(0, max - 1).join(''))}…`
}
