import styles from './marks.module.css'

/** Whether ⌘ stands where other platforms have Ctrl. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** Key names as this platform writes them: Ctrl is ⌘ on a Mac, Alt is ⌃. */
function keyLabel(keys: string): string {
  const named = keys.replace('Enter', '↵')
  return isMac ? named.replace('Ctrl', '⌘').replace('Alt', '⌃').replace('Shift', '⇧') : named
}

/** A key cap, such as `Ctrl Enter`. `plain` inside a filled button. Screen readers hear the button, not the cap. */
export function Kbd({ keys, plain = false }: { keys: string; plain?: boolean }) {
  return (
    <kbd className={styles.kbd} data-plain={plain} aria-hidden>
      {keyLabel(keys)}
    </kbd>
  )
}
