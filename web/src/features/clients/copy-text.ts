import { toast } from '../../ui/toasts.tsx'

/** Puts text on the clipboard and tells so; where the browser refuses, the toast shows the text to be copied by hand. */
export async function copyText(text: string, title: string, detail?: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch (error) {
    // Refused by the person or the browser, or absent outside a secure context
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error
    toast({ tone: 'bad', title: 'The browser did not let us copy. Copy it from here:', detail: text })
    return
  }
  toast({ title, ...(detail !== undefined && { detail }) })
}
