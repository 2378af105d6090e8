/**
 * Text as rules compare it: compatibility forms and case folded away (Unicode 3.13, default caseless matching, by way of upper
 * and lower case, which JavaScript has), every run of white space one space, none at the ends.
 */
export function fold(text: string): string {
  // Lower case first: the capital sharp s has itself as upper case, and only its small form becomes SS.
  const cased = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  // Lower case writes a sigma that ends a word in its own way; folding knows one sigma.
  return cased.replaceAll('ς', 'σ').normalize('NFKC').split(/\s+/u).filter(Boolean).join(' ')
}

interface Word {
  /** As the bank wrote it. */
  text: string
  /** Where its folded form stands in the folded text. */
  from: number
  to: number
}

/** A field of a row, folded once for all rules. */
export interface FoldedText {
  folded: string
  words: Word[]
}

/** Folds word by word, so that a place in the folded text leads back to the bank's own words. */
export function foldText(text: string): FoldedText {
  const words: Word[] = []
  let folded = ''
  for (const original of text.split(/\s+/u)) {
    const part = fold(original)
    if (part === '') continue
    if (folded !== '') folded += ' '
    words.push({ text: original, from: folded.length, to: folded.length + part.length })
    folded += part
  }
  return { folded, words }
}

/** The bank's words that the place `from` to `to` of the folded text touches. */
export function wordsAt({ words }: FoldedText, from: number, to: number): string {
  return words
    .filter((word) => word.from < to && word.to > from)
    .map((word) => word.text)
    .join(' ')
}
