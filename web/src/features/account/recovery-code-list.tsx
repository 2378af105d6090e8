import { Button, Modal } from '@mantine/core'
import { copyText } from '../clients/copy-text.ts'
import styles from './account.module.css'

/** Shows new recovery codes, this once. Closing needs the button: a stray click must not lose them. */
export function RecoveryCodeList({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const text = codes.join('\n')
  return (
    <Modal
      opened
      onClose={onClose}
      title="Keep your recovery codes"
      size={440}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <div className={styles.form}>
        <p>
          Each opens your account once when you do not have your phone. They are not shown again: print them or keep them in your password
          manager.
        </p>
        <ol className={styles.codes} aria-label="Recovery codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div className={styles.buttons}>
          <Button onClick={() => void copyText(text, 'Recovery codes copied')}>Copy</Button>
          <Button
            renderRoot={(props) => (
              <a
                {...props}
                href={`data:text/plain;charset=utf-8,${encodeURIComponent(`Ledgersync recovery codes\n\n${text}\n`)}`}
                download="ledgersync-recovery-codes.txt"
              />
            )}
          >
            Download
          </Button>
          <Button variant="filled" onClick={onClose} data-autofocus>
            I have kept them
          </Button>
        </div>
      </div>
    </Modal>
  )
}
