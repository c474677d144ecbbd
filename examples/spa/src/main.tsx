import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './style/base.css'
import './style/app.css'
import './style/hood.css'

// A smuggled-in script comes before everything else.
if (__LAB__) await import('./lab/inject').then(({ injectIfWanted }) => injectIfWanted())

const { App } = await import('./app')
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
