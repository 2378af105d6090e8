/**
 * One line of CSV (RFC 4180). A cell that a spreadsheet would run as a formula begins with an apostrophe, which it then takes for
 * text (OWASP, CSV injection); a number is none.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && !/^-\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
