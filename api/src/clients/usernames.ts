/** Letters that Unicode does not take apart into an ASCII letter and a mark. */
const folds: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }
const localMax = 48

/**
 * A made-up username for a client whose bank login staff hold: `businessname@firmdomain`, lower case, ASCII.
 * Marked as not deliverable; nothing is ever sent to it.
 */
export function placeholderUsername(businessName: string, firmDomain: string): string {
  const local = businessName
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => folds[letter] ?? '')
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, localMax)
  return `${local === '' ? 'client' : local}@${firmDomain}`
}

/** The n-th alternative of a taken username: `nora+2@x.example`, `saltgrass2@…` for made-up ones, `nora2` without an @. */
export function numbered(username: string, n: number, isPlaceholder: boolean): string {
  const at = username.lastIndexOf('@')
  if (at < 0) return `${username}${n}`
  return `${username.slice(0, at)}${isPlaceholder ? '' : '+'}${n}${username.slice(at)}`
}
