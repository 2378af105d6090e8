import { create } from './store.ts'

/** Title of the page now shown; the bar of small screens repeats it. */
export const pageTitle = create('')
