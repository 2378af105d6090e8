import { Search } from 'lucide-react'
import { Kbd } from '../../ui/kbd.tsx'
import { searchOpened } from './search-state.ts'
import styles from './search.module.css'

/** Opens the search over everything; a lens where the bar is narrow. */
export function SearchButton() {
  return (
    <button
      type="button"
      className={styles.button}
      aria-label="Search"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => searchOpened.set(true)}
    >
      <Search size={14} aria-hidden />
      <span className={styles.buttonWords}>Search</span>
      <span className={styles.buttonKeys}>
        <Kbd keys="Ctrl K" />
      </span>
    </button>
  )
}
