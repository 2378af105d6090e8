const textLengthMax = 500

/** Text of a bank as one line that the database takes: no control characters, no half surrogate pairs. */
export function clean(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .trim()
    .slice(0, textLengthMax)
    .replace(/[\ud800-\udbff]$/, '')
}
