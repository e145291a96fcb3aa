/**
 * The frame of a syscall.
 *
 *     selector ─▶ count ─▶ gas ─▶ request ─▶ enough gas? ─▶ act ─▶ gas, 0, response
 *                                        └──▶ no, or the host refuses: gas, 1, start, end of the reason
 *
 * The frame keeps its own pointer: requests are read where the last response ended, whatever the hint's operand says. A
 * hard error writes nothing and ends the transaction. What a request must look like is a row of `requests`; it is
 * checked before the cost is taken, as Rust does. On the way to the host cells stay where they are.
 */

import { cellsOf } from '../felt/cell.ts'
import type { Crypto } from '../felt/crypto.ts'
import { encodeShortString } from '../felt/felt.ts'
import {
  ALREADY_ANSWERED,
  DONE,
  FAULT,
  HALT_RUN,
  HOST_FAULT,
  SYSCALL_OFFSET,
} from '../kernels/vm-layout.ts'
import { layOutExecutionInfo } from './execution-info.ts'
import type { Frame } from './frame.ts'
import { type CellList, ERROR, HALT, type Host, type MachineConstants, OK, REVERT } from './host.ts'
import {
  COORDINATES,
  NO_POINT,
  POINT,
  REFUSED as SECP_REFUSED,
  SecpSyscalls,
  SOME_POINT,
} from './secp.ts'
import type { Interpreter, Segments } from './segments.ts'
import { SyscallCells } from './syscall-cells.ts'
import { findSyscall, indexOf, shapeCodes, unknownSelectorText } from './syscall-table.ts'

/** Cells that a request and its response need at most. */
const FRAME_CELLS = 24
const KECCAK_RATE_WORDS = 17

const outOfGas = listOf('Out of gas')
const invalidLength = listOf('Invalid input length')
const invalidArgument = listOf('Invalid argument')

function listOf(text: string): CellList {
  return { cells: cellsOf([encodeShortString(text)]), count: 1 }
}

/** What a handler did: it answered, it refused with `reason`, or it ended the run with the status below. */
const ANSWERED = 0
const REFUSED = 1
const ENDED = 2

export class Syscalls extends SyscallCells {
  private readonly crypto: Crypto
  private readonly secpSyscalls: SecpSyscalls
  private constants!: MachineConstants
  private host!: Host

  /** Gas left, while a syscall runs. */
  private gas = 0
  /** The same where a number cannot hold it: no honest program has so much. */
  private wideGas: bigint | null = null
  private reason: CellList = outOfGas
  private status = DONE

  constructor(segments: Segments, kernel: Interpreter, crypto: Crypto) {
    super(segments, kernel)
    this.crypto = crypto
    this.secpSyscalls = new SecpSyscalls(segments, crypto)
  }

  begin(constants: MachineConstants, host: Host): void {
    this.constants = constants
    this.host = host
  }

  /** Executes the syscall at the frame's pointer: DONE, FAULT, HALT_RUN or HOST_FAULT. */
  run(frame: Frame): number {
    const { segments, constants } = this
    this.frame = frame
    const segment = frame.syscallSegment
    const offset = segments.register(SYSCALL_OFFSET)
    if (offset + FRAME_CELLS > segments.capacity(segment)) {
      if (this.kernel.grow(segment, offset + FRAME_CELLS) !== DONE) return FAULT
    }
    this.at = segments.base(segment) + offset * 32

    if (!this.needFelt(this.at)) return FAULT
    const index = findSyscall(segments.words, this.at >> 2)
    if (index < 0) return segments.fail(unknownSelectorText(segments.felt(this.at)))
    this.index = index
    this.at += 32
    frame.syscallCounts[index]! += 1
    if (!this.needFelt(this.at)) return FAULT
    if (!segments.isSmall(this.at)) return this.badInput(this.at, 'Unexpected gas.')
    const gas = segments.smallNumber(this.at)
    this.wideGas = gas > Number.MAX_SAFE_INTEGER ? segments.felt(this.at) : null
    this.at += 32
    this.items = 0
    if (!this.readRequest(shapeCodes[index]!)) return FAULT

    const cost = constants.syscallCosts[index]! + constants.syscallCostsPerItem[index]! * this.items
    const required = cost - constants.syscallBase
    if (gas < required) {
      this.reason = outOfGas
      this.gas = gas
      return this.refuse()
    }
    this.gas = gas - required
    if (this.wideGas !== null) {
      this.wideGas -= BigInt(required)
      this.gas = Number(this.wideGas)
    }
    if (frame.call.accounting === 'gas') this.host.gasSeen(this.gas)
    frame.syscallItems[index]! += this.items
    const response = this.at
    // The response starts behind gas and flag, which are known only when the handler is done.
    this.at = response + 64
    const outcome = this.act(index)
    if (outcome === ENDED) return this.status
    const end = this.at
    this.at = response
    if (outcome === REFUSED) return this.refuse()
    if (this.putGas() !== DONE || this.putNumber(0) !== DONE) return FAULT
    segments.setRegister(SYSCALL_OFFSET, this.offsetAt(end))
    return DONE
  }

  /** A storage_read that kernels/requests.ts checked, with what is left of the gas and where the response goes. */
  read(frame: Frame, key: number, out: number, gas: number, response: number): number {
    this.count(frame, indexOf.StorageRead, gas)
    const status = this.host.storageRead(this.segments, key, out)
    return status === OK ? DONE : this.unanswered(frame, status, gas, response)
  }

  /** The same of storage_write. */
  write(frame: Frame, key: number, value: number, gas: number, response: number): number {
    this.count(frame, indexOf.StorageWrite, gas)
    const status = this.host.storageWrite(this.segments, key, value)
    return status === OK ? DONE : this.unanswered(frame, status, gas, response)
  }

  /** The same of emit_event. */
  event(
    frame: Frame,
    keys: number,
    keyCount: number,
    data: number,
    dataCount: number,
    gas: number,
    response: number,
  ): number {
    this.count(frame, indexOf.EmitEvent, gas)
    const status = this.host.emitEvent(this.segments, keys, keyCount, data, dataCount)
    return status === OK ? DONE : this.unanswered(frame, status, gas, response)
  }

  private count(frame: Frame, index: number, gas: number): void {
    frame.syscallCounts[index]! += 1
    if (frame.call.accounting === 'gas') this.host.gasSeen(gas)
  }

  /** After a host that refused or failed: ALREADY_ANSWERED, or how the run ends. */
  private unanswered(frame: Frame, status: number, gas: number, response: number): number {
    this.frame = frame
    this.gas = gas
    this.wideGas = null
    this.at = response
    if (this.told(status) === ENDED) return this.status
    const refused = this.refuse()
    return refused === DONE ? ALREADY_ANSWERED : refused
  }

  /** Writes the failure response at `at`. */
  private refuse(): number {
    const { segments, reason } = this
    if (this.putGas() !== DONE || this.putNumber(1) !== DONE) return FAULT
    const segment = segments.allocateCells(reason)
    if (segment < 0) return segments.fail('Vector capacity exceeded')
    if (this.putPointer(segment, 0) !== DONE) return FAULT
    if (this.putPointer(segment, reason.count) !== DONE) return FAULT
    segments.setRegister(SYSCALL_OFFSET, this.offsetAt(this.at))
    return DONE
  }

  private act(index: number): number {
    const { segments, host, frame, fields, counts, at } = this
    const scratch = this.outCell()
    let status: number
    switch (index) {
      case indexOf.CallContract:
        status = host.callContract(
          segments,
          fields[0]!,
          fields[1]!,
          fields[2]!,
          counts[2]!,
          this.gas,
        )
        return this.called(frame, at, status)
      case indexOf.LibraryCall:
        status = host.libraryCall(
          segments,
          fields[0]!,
          fields[1]!,
          fields[2]!,
          counts[2]!,
          this.gas,
        )
        return this.called(frame, at, status)
      case indexOf.Deploy: {
        const fromZero = segments.smallNumber(fields[3]!) === 1
        status = host.deploy(
          segments,
          fields[0]!,
          fields[1]!,
          fields[2]!,
          counts[2]!,
          fromZero,
          scratch,
          this.gas,
        )
        this.resume(frame, at)
        if (status === OK && this.putCell(scratch) !== DONE) return this.end(FAULT)
        return this.called(frame, this.at, status)
      }
      case indexOf.MetaTxV0:
        status = host.metaTransaction(
          segments,
          fields[0]!,
          fields[1]!,
          fields[2]!,
          counts[2]!,
          fields[3]!,
          counts[3]!,
          this.gas,
        )
        return this.called(frame, at, status)
      case indexOf.EmitEvent:
        return this.told(host.emitEvent(segments, fields[0]!, counts[0]!, fields[1]!, counts[1]!))
      case indexOf.SendMessageToL1:
        return this.told(host.sendMessageToL1(segments, fields[0]!, fields[1]!, counts[1]!))
      case indexOf.StorageRead:
        return this.answered(host.storageRead(segments, fields[1]!, scratch), scratch)
      case indexOf.StorageWrite:
        return this.told(host.storageWrite(segments, fields[1]!, fields[2]!))
      case indexOf.GetExecutionInfo: {
        if (frame.infoSegment < 0) {
          frame.infoSegment = layOutExecutionInfo(segments, frame, host.executionInfo())
          if (frame.infoSegment < 0) return this.end(segments.fail('Vector capacity exceeded'))
        }
        return this.answerPointer(frame.infoSegment, 0)
      }
      case indexOf.GetBlockHash:
        return this.answered(host.getBlockHash(segments, fields[0]!, scratch), scratch)
      case indexOf.GetClassHashAt:
        return this.answered(host.getClassHashAt(segments, fields[0]!, scratch), scratch)
      case indexOf.ReplaceClass:
        return this.told(host.replaceClass(segments, fields[0]!))
      case indexOf.Keccak:
        return this.keccak()
      case indexOf.Sha256ProcessBlock:
        return this.sha(0)
      case indexOf.Sha512ProcessBlock:
        return this.sha(1)
      default:
        return this.secp(index)
    }
  }

  private end(status: number): number {
    this.status = status
    return ENDED
  }

  /** What a status of the host means. */
  private told(status: number): number {
    if (status === OK) return ANSWERED
    if (status === REVERT) {
      this.reason = this.host.reason
      return REFUSED
    }
    if (status === ERROR) {
      this.frame.hostError = this.host.error
      return this.end(HOST_FAULT)
    }
    if (status !== HALT) throw new Error(`expected a status of the host, got ${status}`)
    return this.end(HALT_RUN)
  }

  private answered(status: number, out: number): number {
    const outcome = this.told(status)
    if (outcome !== ANSWERED) return outcome
    return this.putCell(out) === DONE ? ANSWERED : this.end(FAULT)
  }

  /** After a call: takes over the gas that the callee left, and its return data. */
  private called(frame: Frame, at: number, status: number): number {
    this.resume(frame, at)
    const { segments, host } = this
    const outcome = this.told(status)
    if (outcome === ENDED) return outcome
    this.gas = host.gasLeft
    this.wideGas = null
    if (outcome === REFUSED) return outcome
    const { count } = host.returned
    const segment = segments.allocateCells(host.returned)
    if (segment < 0) return this.end(segments.fail('Vector capacity exceeded'))
    frame.keepReadOnly(segment, count)
    if (this.putPointer(segment, 0) !== DONE) return this.end(FAULT)
    return this.answerPointer(segment, count)
  }

  /** Comes back to a syscall whose callee made syscalls of its own. */
  private resume(frame: Frame, at: number): void {
    this.frame = frame
    this.at = at
  }

  private answerPointer(segment: number, offset: number): number {
    return this.putPointer(segment, offset) === DONE ? ANSWERED : this.end(FAULT)
  }

  private keccak(): number {
    const { segments, crypto, frame, fields } = this
    const start = fields[0]!
    const count = this.span(start, fields[1]!)
    if (count < 0) return this.end(FAULT)
    const first = count === 0 ? 0 : this.dataAt(start, count)
    if (count > 0 && first === 0) return this.end(FAULT)
    for (let i = 0; i < count; i++) {
      const word = first + i * 32
      if (segments.isSmall(word)) continue
      return this.end(this.badInput(word, 'Invalid input for the keccak syscall.'))
    }
    if (count % KECCAK_RATE_WORDS !== 0) {
      this.reason = invalidLength
      return REFUSED
    }
    const rounds = count / KECCAK_RATE_WORDS
    const cost = rounds * this.constants.syscallCosts[indexOf.KeccakRound]!
    if (cost > this.gas) {
      this.reason = outOfGas
      return REFUSED
    }
    this.gas -= cost
    if (this.wideGas !== null) this.wideGas -= BigInt(cost)
    frame.syscallCounts[indexOf.KeccakRound]! += rounds
    const { scratch } = crypto
    crypto.keccakStart()
    for (let round = 0; round < rounds; round++) {
      const from = (first >> 2) + round * KECCAK_RATE_WORDS * 8
      for (let i = 0; i < KECCAK_RATE_WORDS * 8; i++) {
        crypto.words[(scratch >> 2) + i] = segments.words[from + i]!
      }
      crypto.keccakAbsorbCells(scratch, 1)
    }
    crypto.keccakResult(scratch, scratch + 32)
    const low = this.fromCrypto(scratch)
    if (this.putCell(low) !== DONE) return this.end(FAULT)
    const high = this.fromCrypto(scratch + 32)
    return this.putCell(high) === DONE ? ANSWERED : this.end(FAULT)
  }

  /** SHA-256 (0) or SHA-512 (1). */
  private sha(kind: number): number {
    const { segments, crypto, frame, fields, kernel } = this
    const block = this.dataAt(fields[1]!, 16)
    if (block === 0) return this.end(FAULT)
    const state = this.dataAt(fields[0]!, 8)
    if (state === 0) return this.end(FAULT)
    const { scratch, words } = crypto
    for (let i = 0; i < 24; i++) {
      const word = i < 8 ? state + i * 32 : block + (i - 8) * 32
      if (!segments.isSmall(word) || (kind === 0 && segments.words[(word >> 2) + 1] !== 0)) {
        return this.end(segments.fail('Hint SystemCall is impossible'))
      }
      for (let j = 0; j < 8; j++) {
        words[(scratch >> 2) + i * 8 + j] = segments.words[(word >> 2) + j]!
      }
    }
    const out = scratch + 768
    if (kind === 0) crypto.sha256Block(scratch, scratch + 256, out)
    else crypto.sha512Block(scratch, scratch + 256, out)
    // Every call makes a segment; only the first of each kind is ever used.
    const fresh = segments.allocate(16)
    if (fresh < 0) return this.end(segments.fail('Vector capacity exceeded'))
    const { shaSegments, shaOffsets } = frame
    if (shaSegments[kind]! < 0) {
      shaSegments[kind] = fresh
      shaOffsets[kind] = 0
    }
    const segment = shaSegments[kind]!
    const start = shaOffsets[kind]!
    for (let i = 0; i < 8; i++) {
      const word = this.fromCrypto(out + i * 32)
      if (kernel.insert(segment, start + i, word) !== DONE) return this.end(FAULT)
    }
    shaOffsets[kind]! += 8
    return this.answerPointer(segment, start)
  }

  private secp(index: number): number {
    const { secpSyscalls, segments, frame } = this
    switch (secpSyscalls.run(frame, index, this.fields)) {
      case POINT:
        return this.answerPointer(frame.secpSegment, secpSyscalls.handle)
      case SOME_POINT:
        if (this.putNumber(0) !== DONE) return this.end(FAULT)
        return this.answerPointer(frame.secpSegment, secpSyscalls.handle)
      case NO_POINT:
        if (this.putNumber(1) !== DONE) return this.end(FAULT)
        return this.putNumber(0) === DONE ? ANSWERED : this.end(FAULT)
      case COORDINATES:
        for (let i = 0; i < 4; i++) {
          const cell = this.fromCrypto(secpSyscalls.coordinates + i * 32)
          if (this.putCell(cell) !== DONE) return this.end(FAULT)
        }
        return ANSWERED
      case SECP_REFUSED:
        this.reason = invalidArgument
        return REFUSED
      default:
        return this.end(segments.fail(secpSyscalls.text))
    }
  }

  private fromCrypto(from: number): number {
    const out = this.outCell()
    for (let i = 0; i < 8; i++) {
      this.segments.words[(out >> 2) + i] = this.crypto.words[(from >> 2) + i]!
    }
    return out
  }

  private putGas(): number {
    return this.wideGas === null ? this.putNumber(this.gas) : this.putFelt(this.wideGas)
  }
}
