/// <reference types="vite/client" />

/** Not in production. Set in vite.config.ts. */
declare const __LAB__: boolean
