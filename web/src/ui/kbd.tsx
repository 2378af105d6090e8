import { ArrowLeft, ArrowRight, CornerDownLeft } from 'lucide-react'
import styles from './marks.module.css'

/** Whether ⌘ stands where other platforms have Ctrl. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** Key names as this platform writes them: Ctrl is ⌘ on a Mac, Alt is ⌃. */
function keyLabel(keys: string): string {
  return isMac ? keys.replace('Ctrl', '⌘').replace('Alt', '⌃').replace('Shift', '⇧') : keys
}

/** Signs that our typeface lacks are drawn, so that no machine shows a box instead. */
const drawn: Record<string, typeof ArrowLeft> = { '←': ArrowLeft, '→': ArrowRight, Enter: CornerDownLeft }

/** A key cap, such as `Ctrl Enter`. `plain` inside a filled button. Screen readers hear the button, not the cap. */
export function Kbd({ keys, plain = false }: { keys: string; plain?: boolean }) {
  return (
    <kbd className={styles.kbd} data-plain={plain} aria-hidden>
      {keyLabel(keys)
        .split(' ')
        .map((key) => {
          const Sign = drawn[key]
          return <span key={key}>{Sign ? <Sign size={11} /> : key}</span>
        })}
    </kbd>
  )
}
