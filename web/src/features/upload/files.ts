import { uploadBytesMax } from '@ledgersync/shared/upload-limits'

/** A file as the API answers it. */
interface Answered {
  fileName: string
  mediaType: string
  content: string
}

/** Has the browser save a file that came in an answer. */
export function saveFile({ fileName, mediaType, content }: Answered): void {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.codePointAt(0) ?? 0)
  const address = URL.createObjectURL(new Blob([bytes], { type: mediaType }))
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
  // The browser has taken the bytes once the click was handled
  window.setTimeout(() => URL.revokeObjectURL(address), 1_000)
}

const megabytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1024 / 1024))} MB`

/** Why the file cannot be sent; null when it can. What is in it the API says. */
export function whyNotSent(file: File): string | null {
  if (file.size === 0) return `${file.name} is empty.`
  if (file.size > uploadBytesMax)
    return `${file.name} has ${megabytes(file.size)}; at most ${megabytes(uploadBytesMax)} can be uploaded. Copy the list of clients into a file of its own.`
  return null
}

/** The bytes of a file, base64. Throws when the file has moved or changed since it was chosen. */
export function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => {
      // `readAsDataURL` gives text: data:…;base64,CONTENT
      const address = typeof reader.result === 'string' ? reader.result : ''
      resolve(address.slice(address.indexOf(',') + 1))
    })
    reader.addEventListener('error', () => reject(reader.error ?? new Error('The file could not be read')))
    reader.readAsDataURL(file)
  })
}
