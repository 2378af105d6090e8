import { FileUp } from 'lucide-react'
import { useId, useState } from 'react'
import styles from './drop-files.module.css'

interface DropFilesProps {
  /** For those who do not see the box: `Choose statements`. */
  label: string
  /** What to drop here, or what is being done with it. */
  title: string
  choose: string
  hint: React.ReactNode
  /** Endings and media types that the chooser offers first. */
  accept: string
  multiple?: boolean
  /** A low box, where a list below it is what the page is about. */
  low?: boolean
  onFiles: (files: File[]) => void
}

/** A box that takes files which are dropped on it or chosen. */
export function DropFiles({ label, title, choose, hint, accept, multiple = false, low = false, onFiles }: DropFilesProps) {
  const id = useId()
  const [over, setOver] = useState(false)
  const take = (files: FileList | null) => {
    if (files !== null && files.length > 0) onFiles([...files])
  }
  return (
    <label
      className={styles.drop}
      data-over={over}
      data-low={low}
      htmlFor={id}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer.files)
      }}
    >
      <FileUp size={low ? 20 : 28} strokeWidth={1.4} aria-hidden />
      <strong role="status">{title}</strong>
      <span>
        or <span className={styles.choose}>{choose}</span>
      </span>
      <span className={styles.hint}>{hint}</span>
      <input
        id={id}
        type="file"
        className="visually-hidden"
        accept={accept}
        multiple={multiple}
        aria-label={label}
        onChange={(event) => {
          take(event.currentTarget.files)
          // The same file, corrected, must be a change again
          event.currentTarget.value = ''
        }}
      />
    </label>
  )
}
