/**
 * A program: makes a data folder whose chain has so many accounts. A process of its own, so that its memory is gone when the
 * bench begins.
 *
 *     node _build-folder.js FOLDER ACCOUNTS
 */
import { inFolder } from './_block-maker.ts'
import { OpenAccounts } from './_open-accounts.ts'

const [folder = '', accounts = ''] = process.argv.slice(2)
await inFolder(folder, {}, (maker) => maker.deploy(new OpenAccounts(Number(accounts))))
