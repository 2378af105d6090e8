/** What one part of the torture found. */
export interface Verdict {
  name: string
  /** What was done and measured, for people. */
  lines: string[]
  /** What must not be: empty when all is well. */
  violations: string[]
}

const shownMax = 30

/** Prints a verdict; true when nothing was violated. */
export function report({ name, lines, violations }: Verdict, write: (line: string) => void): boolean {
  write(`\n${name}`)
  for (const line of lines) write(`  ${line}`)
  for (const violation of violations.slice(0, shownMax)) write(`  VIOLATION  ${violation}`)
  if (violations.length > shownMax) write(`  … and ${violations.length - shownMax} more`)
  write(violations.length === 0 ? '  holds' : `  BROKEN: ${violations.length} violations`)
  return violations.length === 0
}

/** The value below which so many percent of the numbers lie; 0 of none. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
}
