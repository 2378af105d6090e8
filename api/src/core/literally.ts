/** Text that LIKE and ILIKE take literally: `%` and `_` are their wildcards and `\` their escape. */
export const literally = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`)
