import { createRoot } from 'react-dom/client'

const element = document.getElementById('root')
if (!element) throw new Error('The page has no element "root".')
createRoot(element).render(<h1>Ledgersync</h1>)
