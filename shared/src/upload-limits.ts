// Numbers alone: the thread that reads files needs no more of the contract, and starts the sooner.

/** How many rows one file may have, besides its header. */
export const uploadRowsMax = 5_000
/** How many columns of a file are looked at. */
export const uploadColumnsMax = 100
/** How large a file may be. Ten thousand characters a row of the longest list are far more than such lists hold. */
export const uploadBytesMax = 8 * 1024 * 1024
/** How long an upload and what was in it are kept. */
export const uploadKeptDays = 7
