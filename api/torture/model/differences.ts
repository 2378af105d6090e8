/** What one side has and the other has not, each line as often as it is there. */
export function differences(what: string, is: readonly string[], wanted: readonly string[]): string[] {
  const left = [...wanted]
  const more = is.filter((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  return [...more.map((line) => `${what}: is ${line}`), ...left.map((line) => `${what}: must be ${line}`)]
}

/** Lines in their order. */
export const sequence = (what: string, is: readonly string[], wanted: readonly string[]): string[] =>
  is.join('\n') === wanted.join('\n') ? [] : [`${what}: is [${is.join(', ')}], must be [${wanted.join(', ')}]`]
