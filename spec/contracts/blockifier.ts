/**
 * Fugue's own contracts under the real Blockifier: one block of signed transactions in which each contract does what
 * it promises and refuses what it must, executed sequentially and by two workers.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import {
  defaultDeployer,
  ec,
  hash,
  outsideExecution,
  shortString,
  typedData,
  uint256,
} from 'starknet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ContractName, contractHashes } from '../../src/contracts/catalogue.ts'
import { oracleTest } from '../vectors.ts'
import {
  Bundle,
  CHAIN_ID,
  cell,
  MINTER,
  type Outcome,
  publicKeyOf,
  STRK,
  sign,
  TIMESTAMP,
} from './_bundle.ts'

const COUNTER = '0xc0'
const ROUTER = '0xd0'
const SRC6 = '0x2ceccef7f994940b3962a6c67e0ba4fcd37df7d131417c604f91e03caecc1cd'
const SNIP9 = '0x1d1144bb2138366ff28d8e9ab57456b1d332ac42196230c3a602003c89872'

function call(
  contractAddress: string,
  entrypoint: string,
  ...calldata: (bigint | number | string)[]
) {
  return { contractAddress, entrypoint, calldata: calldata.map(String) }
}

const classHashOf = (name: ContractName) => `0x${contractHashes[name].classHash.toString(16)}`

const numbers = (felts: string[]) => felts.map(BigInt)

/** The outcome must be a success whose first call returned these felts. */
function returns(...expected: (bigint | number | string)[]) {
  return (outcome: Outcome) => {
    assert.is(outcome.revert_reason ?? outcome.error, undefined)
    assert.equal(numbers(outcome.trace.execute_invocation!.calls[0]!.result), expected.map(BigInt))
  }
}

/** The cells of a contract after the transaction must be these, and no other. */
function wrote(outcome: Outcome, address: string, expected: Record<string, number | string>): void {
  const byValue = (cells: object) =>
    Object.entries(cells)
      .map(([key, value]) => `${BigInt(key)} = ${BigInt(value)}`)
      .sort()
  assert.equal(byValue(outcome.state_diff.storage[address]!), byValue(expected))
}

/** Key of the high half of a 256-bit number. */
const next = (key: string) => `0x${(BigInt(key) + 1n).toString(16)}`

function succeeds(outcome: Outcome): void {
  assert.is(outcome.revert_reason ?? outcome.error, undefined)
}

function reverts(reason: string) {
  return (outcome: Outcome) => {
    assert.is(outcome.outcome, 'reverted')
    assert.ok(outcome.revert_reason!.includes(reason), outcome.revert_reason)
  }
}

function rejected(reason: string) {
  return (outcome: Outcome) => {
    assert.is(outcome.outcome, 'rejected')
    assert.ok(outcome.error!.includes(reason), outcome.error)
  }
}

const bundles = {
  accounts(bundle: Bundle) {
    const alice = bundle.account('account', '0xa11ce', '0x1234')
    const open = bundle.account('open-account', '0x09e4', '0x1')
    bundle.deploy('counter', COUNTER, {})

    const bob = bundle.deployAccount('account', '0xb0b', (outcome) => {
      succeeds(outcome)
      wrote(outcome, bob.address, {
        [cell('Account_public_key')]: publicKeyOf('0xb0b'),
        [cell('SRC5_supported_interfaces', SRC6)]: 1,
      })
    })
    bundle.deployAccount('account', '0xbad', rejected('Account: invalid signature'), ['0x1', '0x2'])
    bundle.deployAccount('open-account', '0x09e4', succeeds, [])
    for (const sender of [alice, bob]) {
      bundle.invoke(sender, [call(STRK, 'transfer', '0x99', 5, 0)], (outcome) => {
        returns(1)(outcome)
        const transfer = hash.getSelectorFromName('Transfer')
        const event = outcome.events[0]!
        assert.equal(numbers(event.keys), numbers([transfer, sender.address, '0x99']))
        assert.equal(numbers(event.data), [5n, 0n])
        assert.is(outcome.trace.fee_transfer_invocation!.accessed_storage_keys.length, 4)
      })
    }
    bundle.invoke(
      alice,
      [1, 2, 3].map((amount) => call(COUNTER, 'increase', amount)),
      (outcome) => {
        succeeds(outcome)
        const { result } = outcome.trace.execute_invocation!
        assert.equal(numbers(result), [3n, 1n, 1n, 1n, 3n, 1n, 6n])
      },
    )
    bundle.invoke(alice, [], (outcome) => assert.is(outcome.outcome, 'succeeded'))
    bundle.invoke(open, [call(COUNTER, 'get')], returns(6), [])
    bundle.invoke(open, [call(COUNTER, 'increment'), call(COUNTER, 'fail')], (outcome) => {
      reverts('The counter would be 8, but this entry point always fails.')(outcome)
      assert.is(outcome.events.length, 1)
    })

    for (const signature of [[], ['0x1'], ['0x1', '0x2'], ['0x1', '0x2', '0x3']]) {
      bundle.invoke(
        { ...alice },
        [call(COUNTER, 'increment')],
        rejected('Account: invalid signature'),
        signature,
      )
    }

    // What is for the protocol, or for the account itself, is refused to others.
    bundle.deploy('router', ROUTER, {})
    const execute = hash.getSelectorFromName('__execute__')
    for (const name of ['account', 'open-account'] as const) {
      const borrowed = call(ROUTER, 'forward_library', classHashOf(name), execute, 1, 0)
      bundle.invoke(open, [borrowed], reverts('Account: invalid caller'))
    }
    bundle.invoke(open, [call(bob.address, 'set_public_key', 1)], reverts('Account: unauthorized'))
    bundle.invoke(open, [call(alice.address, 'supports_interface', SRC6)], returns(1))
    bundle.invoke(open, [call(alice.address, 'supports_interface', SNIP9)], returns(1))
    bundle.invoke(open, [call(alice.address, 'supports_interface', 0xffffffff)], returns(0))
    const good = sign('0x77', alice.privateKey)
    const valid = shortString.encodeShortString('VALID')
    bundle.invoke(
      open,
      [call(alice.address, 'is_valid_signature', 0x77, 2, ...good)],
      returns(valid),
    )
    bundle.invoke(open, [call(alice.address, 'is_valid_signature', 0x78, 2, ...good)], returns(0))

    bundle.invoke(bob, [call(bob.address, 'set_public_key', publicKeyOf('0xb0b2'))], succeeds)
    bundle.invoke({ ...bob }, [], rejected('Account: invalid signature'))
    bob.privateKey = '0xb0b2'
    bundle.invoke(bob, [call(bob.address, 'get_public_key')], returns(publicKeyOf('0xb0b2')))
  },

  outside(bundle: Bundle) {
    const owner = bundle.account('account', '0xa11ce', '0x1234')
    const sender = bundle.account('open-account', '0x09e4', '0x1')
    const other = bundle.account('open-account', '0x09e5', '0x1')
    bundle.deploy('counter', COUNTER, {})

    const message = (nonce: number, caller: string, after: number, before: number) => {
      const window = { execute_after: after, execute_before: before }
      const calls = [call(COUNTER, 'increase', 7), call(COUNTER, 'increase', 8)]
      const data = outsideExecution.getTypedData(CHAIN_ID, { caller, ...window }, nonce, calls, '2')
      return outsideExecution.buildExecuteFromOutsideCall({
        outsideExecution: {
          caller,
          nonce,
          ...window,
          calls: calls.map(outsideExecution.getOutsideCall),
        },
        signature: sign(typedData.getMessageHash(data, owner.address), owner.privateKey),
        signerAddress: owner.address,
        version: '2',
      })
    }
    const anybody = shortString.encodeShortString('ANY_CALLER')
    const [early, late] = [TIMESTAMP - 1, TIMESTAMP + 1]
    bundle.invoke(sender, message(1, anybody, early, late), (outcome) => {
      returns(2, 1, 7, 1, 15)(outcome)
      assert.is(BigInt(outcome.events[0]!.keys[1]!), BigInt(owner.address))
    })
    bundle.invoke(sender, message(1, anybody, early, late), reverts('SRC9: duplicated nonce'))
    const used = (nonce: number) => call(owner.address, 'is_valid_outside_execution_nonce', nonce)
    bundle.invoke(sender, [used(1)], returns(0))
    bundle.invoke(sender, [used(2)], returns(1))
    bundle.invoke(other, message(2, sender.address, early, late), reverts('SRC9: invalid caller'))
    bundle.invoke(sender, message(2, sender.address, early, late), returns(2, 1, 22, 1, 30))
    bundle.invoke(sender, message(3, anybody, TIMESTAMP, late), reverts('SRC9: now <= execute_'))
    bundle.invoke(sender, message(3, anybody, early, TIMESTAMP), reverts('SRC9: now >= execute_'))
    const [forged] = message(3, anybody, early, late)
    const calldata = [...(forged!.calldata as string[])]
    calldata[1] = '4'
    bundle.invoke(sender, [{ ...forged!, calldata }], reverts('SRC9: invalid signature'))
  },

  deployments(bundle: Bundle) {
    const alice = bundle.account('account', '0xa11ce', '0x1234')
    bundle.declare(alice, 'counter', succeeds)
    bundle.declare(alice, 'pool', succeeds)
    bundle.declare({ ...alice }, 'pool', rejected('already declared'))
    const classHash = classHashOf('counter')
    for (const entryPoint of ['deploy_contract', 'deployContract'])
      for (const unique of [true, false]) {
        const salt = entryPoint === 'deployContract' ? '0x5a1' : '0x5a2'
        const payload = { classHash, salt, unique, constructorCalldata: ['0x2a'] }
        const built = defaultDeployer.buildDeployerCall(payload, alice.address)
        const address = built.addresses[0]!
        const calls = built.calls.map((item) => ({ ...item, entrypoint: entryPoint }))
        bundle.invoke(alice, calls, (outcome) => {
          returns(address)(outcome)
          const event = defaultDeployer.parseDeployerEvent(outcome as never)
          assert.is(BigInt(event.address), BigInt(address))
          assert.is(BigInt(event.deployer), BigInt(alice.address))
          assert.is(BigInt(event.unique), unique ? 1n : 0n)
          assert.is(BigInt(event.classHash), BigInt(classHash))
          assert.equal(numbers(event.calldata), [42n])
          assert.is(BigInt(event.salt), BigInt(salt))
          assert.is(
            numbers(outcome.events[0]!.keys)[0],
            BigInt(hash.getSelectorFromName('ContractDeployed')),
          )
        })
        bundle.invoke(alice, calls, reverts('contract already deployed'))
        bundle.invoke(alice, [call(address, 'increment')], returns(43))
      }
  },

  tokens(bundle: Bundle) {
    const alice = bundle.account('account', '0xa11ce', '0x1234')
    const open = bundle.account('open-account', '0x09e4', '0x1')
    const minter = bundle.account('open-account', MINTER, '0x1')
    const token = bundle.deploy('erc20', '0x70', {
      [cell('ERC20_name')]: '0x4e',
      [cell('ERC20_symbol')]: '0x53',
      [cell('ERC20_decimals')]: '0x6',
      [cell('ERC20_total_supply')]: '0x64',
      [cell('permitted_minter')]: MINTER,
      [cell('ERC20_balances', alice.address)]: '0x64',
    })
    const constructorCalldata = ['0x4e', '0x53', '0x6', '0x7', '0x1', alice.address, MINTER]
    const payload = { classHash: classHashOf('erc20'), salt: '0x1', constructorCalldata }
    const built = defaultDeployer.buildDeployerCall(payload, alice.address)
    bundle.invoke(alice, built.calls, (outcome) => {
      succeeds(outcome)
      wrote(outcome, built.addresses[0]!, {
        [cell('ERC20_name')]: 0x4e,
        [cell('ERC20_symbol')]: 0x53,
        [cell('ERC20_decimals')]: 6,
        [cell('ERC20_total_supply')]: 7,
        [next(cell('ERC20_total_supply'))]: 1,
        [cell('ERC20_balances', alice.address)]: 7,
        [next(cell('ERC20_balances', alice.address))]: 1,
        [cell('permitted_minter')]: MINTER,
      })
    })
    const u256 = (value: bigint) => {
      const { low, high } = uint256.bnToUint256(value)
      return [low, high].map(String)
    }
    const max = 2n ** 256n - 1n
    const read = (entrypoint: string, expected: number, ...args: string[]) =>
      bundle.invoke(open, [call(token, entrypoint, ...args)], returns(expected, 0))
    bundle.invoke(open, [call(token, 'name')], returns(0x4e))
    bundle.invoke(open, [call(token, 'symbol')], returns(0x53))
    bundle.invoke(open, [call(token, 'decimals')], returns(6))
    read('total_supply', 100)
    read('totalSupply', 100)
    bundle.invoke(alice, [call(token, 'transfer', alice.address, 100, 0)], returns(1))
    read('balance_of', 100, alice.address)
    bundle.invoke(alice, [call(token, 'transfer', open.address, 40, 0)], returns(1))
    read('balanceOf', 60, alice.address)
    read('balanceOf', 40, open.address)
    bundle.invoke(alice, [call(token, 'transfer', 0, 1, 0)], reverts('ERC20: transfer to 0'))
    for (const amount of [61n, 2n ** 128n, max])
      bundle.invoke(
        alice,
        [call(token, 'transfer', open.address, ...u256(amount))],
        reverts('ERC20: insufficient balance'),
      )
    bundle.invoke(alice, [call(token, 'approve', open.address, 10, 0)], (outcome) => {
      returns(1)(outcome)
      const approval = hash.getSelectorFromName('Approval')
      const { keys, data } = outcome.events[0]!
      assert.equal(numbers(keys), numbers([approval, alice.address, open.address]))
      assert.equal(numbers(data), [10n, 0n])
    })
    bundle.invoke(alice, [call(token, 'increase_allowance', open.address, 5, 0)], returns(1))
    bundle.invoke(alice, [call(token, 'increaseAllowance', open.address, 5, 0)], returns(1))
    bundle.invoke(alice, [call(token, 'decrease_allowance', open.address, 1, 0)], returns(1))
    bundle.invoke(alice, [call(token, 'decreaseAllowance', open.address, 1, 0)], returns(1))
    read('allowance', 18, alice.address, open.address)
    const take = (name: string, amount: number) =>
      call(token, name, alice.address, open.address, amount, 0)
    bundle.invoke(open, [take('transfer_from', 8)], returns(1))
    bundle.invoke(open, [take('transferFrom', 8)], returns(1))
    bundle.invoke(open, [take('transferFrom', 8)], reverts('ERC20: insufficient allowance'))
    bundle.invoke(alice, [call(token, 'approve', open.address, ...u256(max))], returns(1))
    bundle.invoke(open, [take('transferFrom', 1)], returns(1))
    bundle.invoke(
      open,
      [call(token, 'allowance', alice.address, open.address)],
      returns(...u256(max)),
    )
    read('balanceOf', 43, alice.address)
    const mint = call(token, 'permissioned_mint', alice.address, 7, 0)
    const burn = call(token, 'permissioned_burn', alice.address, 50, 0)
    bundle.invoke(minter, [mint], returns())
    read('totalSupply', 107)
    bundle.invoke(minter, [burn], returns())
    bundle.invoke(minter, [burn], reverts('ERC20: insufficient balance'))
    bundle.invoke(alice, [mint], reverts('MINTER_ONLY'))
    bundle.invoke(alice, [burn], reverts('MINTER_ONLY'))
    read('balanceOf', 0, alice.address)
    read('totalSupply', 57)
  },

  workloads(bundle: Bundle) {
    const open = bundle.account('open-account', '0x09e4', '0x1')
    const expect = (
      to: string,
      name: string,
      args: (number | string)[],
      ...felts: (bigint | number | string)[]
    ) => bundle.invoke(open, [call(to, name, ...args)], returns(...felts))

    const ledger = bundle.deploy('ledger', '0xe0', {})
    expect(ledger, 'credit', ['0x1', 100])
    expect(ledger, 'move', ['0x1', open.address, 30])
    expect(ledger, 'move', ['0x1', '0x1', 70])
    expect(ledger, 'transfer', ['0x2', 10])
    bundle.invoke(
      open,
      [call(ledger, 'transfer', '0x2', 21)],
      reverts('Ledger: insufficient balance'),
    )
    expect(ledger, 'balance_of', ['0x1'], 70)
    expect(ledger, 'balance_of', [open.address], 20)
    expect(ledger, 'balance_of', ['0x2'], 10)

    const pool = bundle.deploy('pool', '0xf0', {
      [cell('reserve_a')]: '0xf4240',
      [cell('reserve_b')]: '0x1e8480',
    })
    expect(pool, 'swap', [1, 1000, 0], (997n * 2_000_000n) / 1_000_997n)
    bundle.invoke(open, [call(pool, 'swap', 0, 1000, 10 ** 9)], reverts('Pool: too little out'))
    expect(pool, 'reserves', [], 1_001_000, 1_998_008)
    expect(pool, 'swap', [0, 1000, 0], (997n * 1_001_000n) / 1_999_005n)
    expect(pool, 'add_liquidity', [5, 6])

    const loop = bundle.deploy('loop', '0x100', {})
    expect(loop, 'work', [100], 5050)
    expect(loop, 'work_wide', [2], (2n * 2n + 2n) ** 2n + 1n)
    bundle.invoke(open, [call(loop, 'forever')], reverts('Out of gas'))

    const hasher = bundle.deploy('hasher', '0x110', {})
    const { pedersen, poseidonHash } = ec.starkCurve
    expect(hasher, 'pedersen', [2], BigInt(pedersen(BigInt(pedersen(0n, 2n)), 1n)))
    expect(hasher, 'poseidon', [2], poseidonHash(poseidonHash(0n, 2n), 1n))
    expect(hasher, 'keccak', [0], 0, 0)
    const digest = Buffer.from(keccak_256(new Uint8Array(32)))
      .reverse()
      .toString('hex')
    expect(hasher, 'keccak', [1], `0x${digest.slice(32)}`, `0x${digest.slice(0, 32)}`)

    bundle.deploy('router', ROUTER, {})
    const routerClass = classHashOf('router')
    expect(ROUTER, 'descend', [5], 5)
    expect(ROUTER, 'descend_library', [routerClass, 5], 5)
    const bottom = BigInt(shortString.encodeShortString('Router: bottom'))
    const failed = BigInt(shortString.encodeShortString('ENTRYPOINT_FAILED'))
    expect(ROUTER, 'set_mark', [9])
    expect(ROUTER, 'catch_failure', [2], 4, bottom, failed, failed, failed)
    expect(ROUTER, 'get_mark', [], 9)
    bundle.invoke(open, [call(ROUTER, 'fail_at', 2)], reverts('Router: bottom'))
    const mark = hash.getSelectorFromName('set_mark')
    expect(ROUTER, 'forward', [ROUTER, mark, 1, 11], 0)
    expect(ROUTER, 'try_forward', [ROUTER, mark, 1, 12], 0, 0)
    expect(ROUTER, 'get_mark', [], 12)
    const absent = BigInt(shortString.encodeShortString('ENTRYPOINT_NOT_FOUND'))
    expect(ROUTER, 'try_forward', [ROUTER, 1, 0], 1, 2, absent, failed)
    const at = (salt: number) =>
      BigInt(hash.calculateContractAddressFromHash(salt, routerClass, [], ROUTER))
    expect(ROUTER, 'deploy', [routerClass, 1, 3, 0], 3, at(1), at(2), at(3))
    const again = [call(ROUTER, 'deploy', routerClass, 3, 1, 0)]
    bundle.invoke(open, again, reverts('already deployed'))
  },
}

for (const [name, fill] of Object.entries(bundles))
  for (const workers of [0, 2])
    oracleTest(test, `${name}, ${workers} workers`, () => {
      const bundle = new Bundle()
      fill(bundle)
      bundle.run(workers)
    })

test.run()
