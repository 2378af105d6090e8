import { create } from '../../ui/store.ts'

/** Whether the search over everything is open. */
export const searchOpened = create(false)
