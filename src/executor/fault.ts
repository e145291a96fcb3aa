/**
 * A fault: a virtual machine failed on a transaction whose reads are right. It is a bug or a limit of the host, never an
 * outcome of the transaction: the block fails and the base state stays as it was.
 */
export class TransactionFault extends Error {
  override readonly name = 'TransactionFault'
  readonly txIndex: number

  constructor(txIndex: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`the virtual machine failed on transaction ${txIndex}: ${reason}`, { cause })
    this.txIndex = txIndex
  }
}
