import { type StatementKind, statementBytesMax } from '@ledgersync/shared/statements'

export const kindWords: Record<StatementKind, string> = { pdf: 'PDF', csv: 'CSV', ofx: 'OFX' }

const kilobyte = 1024

/** `340 KB`, `1.2 MB`; never nothing. */
export function sizeWords(bytes: number): string {
  if (bytes < kilobyte * kilobyte) return `${Math.max(1, Math.round(bytes / kilobyte))} KB`
  return `${(bytes / kilobyte / kilobyte).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`
}

/** Why a file cannot be sent; null when it can. What is in it the API says. */
export function whyNotKept(file: File): string | null {
  if (file.size === 0) return `${file.name} is empty.`
  return file.size > statementBytesMax
    ? `${file.name} has ${sizeWords(file.size)}; at most ${sizeWords(statementBytesMax)} can be kept. Upload a shorter period at a time.`
    : null
}
