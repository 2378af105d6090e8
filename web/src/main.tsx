import '@fontsource-variable/inter/index.css'
import '@mantine/core/styles.layer.css'
import './theme/tokens.css'
import './theme/base.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './query.ts'
import { router } from './routes.tsx'
import { cssVariables, theme } from './theme/theme.ts'
import { ConfirmDialog } from './ui/confirm.tsx'
import { Toasts } from './ui/toasts.tsx'

const element = document.getElementById('root')
if (!element) throw new Error('The page has no element "root".')

/** The page's policy admits style elements with this nonce only; the API fills it in for each request. */
const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? ''
// Read by the part of the component library that locks scrolling behind dialogs
Object.assign(window, { __webpack_nonce__: styleNonce })

createRoot(element).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'ledgersync-color-scheme' })}
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <ConfirmDialog />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
