// the package ships types that its `exports` hide; its interface is that of better-sqlite3
declare module 'better-sqlite3-multiple-ciphers' {
  export { default } from 'better-sqlite3'
}
