//! Arithmetic of every kind, one entry point a family: what the specs of the Cairo VM call to see each libfunc run.
//!
//! Results are folded into one felt, so a wrong one anywhere shows. Libfuncs that the compiler no longer makes use of
//! are declared here and called by name.

#[starknet::interface]
pub trait INumbers<TState> {
    /// Sums, differences, quotients, bits, roots and wide products of all unsigned widths.
    fn unsigned(self: @TState, a: u128, b: u128) -> felt252;
    /// Sums, differences and wide products of all signed widths.
    fn signed(self: @TState, a: i128, b: i128) -> felt252;
    /// 256 and 512 bits: products, quotients, roots, inverses.
    fn wide(self: @TState, a: u256, b: u256, n: u256) -> felt252;
    fn felts(self: @TState, a: felt252, b: felt252) -> felt252;
    fn bools(self: @TState, a: bool, b: bool) -> felt252;
    /// Integers with bounds in their types.
    fn bounded(self: @TState, a: u8, b: u8) -> felt252;
    /// Between widths and felts, as far as the value fits.
    fn casts(self: @TState, a: felt252) -> felt252;
    /// Constants in code, and in boxes of them.
    fn constants(self: @TState) -> felt252;
    /// Sums of a range of integers.
    fn ranges(self: @TState, from: u32, to: u32) -> felt252;
    /// The extension field of four coordinates modulo 2^31 - 1.
    fn extension(self: @TState, a: felt252, b: felt252) -> felt252;
}

pub mod names {
    pub enum IsZeroResult<T> {
        Zero,
        NonZero: NonZero<T>,
    }

    pub extern fn felt252_const<const value: felt252>() -> felt252 nopanic;
    pub extern fn felt252_add_const<const value: felt252>(lhs: felt252) -> felt252 nopanic;
    pub extern fn felt252_sub_const<const value: felt252>(lhs: felt252) -> felt252 nopanic;
    pub extern fn felt252_mul_const<const value: felt252>(lhs: felt252) -> felt252 nopanic;
    pub extern fn felt252_div_const<const value: felt252>(lhs: felt252) -> felt252 nopanic;
    pub extern fn bytes31_const<const value: felt252>() -> bytes31 nopanic;
    pub extern fn bool_or_impl(lhs: bool, rhs: bool) -> (bool,) implicits() nopanic;
    pub extern fn u8_const<const value: felt252>() -> u8 nopanic;
    pub extern fn u16_const<const value: felt252>() -> u16 nopanic;
    pub extern fn u32_const<const value: felt252>() -> u32 nopanic;
    pub extern fn u64_const<const value: felt252>() -> u64 nopanic;
    pub extern fn u128_const<const value: felt252>() -> u128 nopanic;
    pub extern fn i8_const<const value: felt252>() -> i8 nopanic;
    pub extern fn i16_const<const value: felt252>() -> i16 nopanic;
    pub extern fn i32_const<const value: felt252>() -> i32 nopanic;
    pub extern fn i64_const<const value: felt252>() -> i64 nopanic;
    pub extern fn i128_const<const value: felt252>() -> i128 nopanic;
    pub extern fn u8_try_from_felt252(value: felt252) -> Option<u8> implicits(core::RangeCheck) nopanic;
    pub extern fn u16_try_from_felt252(value: felt252) -> Option<u16> implicits(core::RangeCheck) nopanic;
    pub extern fn u32_try_from_felt252(value: felt252) -> Option<u32> implicits(core::RangeCheck) nopanic;
    pub extern fn u64_try_from_felt252(value: felt252) -> Option<u64> implicits(core::RangeCheck) nopanic;
    pub extern fn i8_try_from_felt252(value: felt252) -> Option<i8> implicits(core::RangeCheck) nopanic;
    pub extern fn i16_try_from_felt252(value: felt252) -> Option<i16> implicits(core::RangeCheck) nopanic;
    pub extern fn i32_try_from_felt252(value: felt252) -> Option<i32> implicits(core::RangeCheck) nopanic;
    pub extern fn i64_try_from_felt252(value: felt252) -> Option<i64> implicits(core::RangeCheck) nopanic;
    pub extern fn i128_try_from_felt252(value: felt252) -> Option<i128> implicits(core::RangeCheck) nopanic;
    pub extern fn u8_to_felt252(value: u8) -> felt252 nopanic;
    pub extern fn u16_to_felt252(value: u16) -> felt252 nopanic;
    pub extern fn u32_to_felt252(value: u32) -> felt252 nopanic;
    pub extern fn u64_to_felt252(value: u64) -> felt252 nopanic;
    pub extern fn u128_to_felt252(value: u128) -> felt252 nopanic;
    pub extern fn i8_to_felt252(value: i8) -> felt252 nopanic;
    pub extern fn i16_to_felt252(value: i16) -> felt252 nopanic;
    pub extern fn i32_to_felt252(value: i32) -> felt252 nopanic;
    pub extern fn i64_to_felt252(value: i64) -> felt252 nopanic;
    pub extern fn i128_to_felt252(value: i128) -> felt252 nopanic;
    pub extern fn u8_is_zero(value: u8) -> IsZeroResult<u8> implicits() nopanic;
    pub extern fn u16_is_zero(value: u16) -> IsZeroResult<u16> implicits() nopanic;
    pub extern fn u32_is_zero(value: u32) -> IsZeroResult<u32> implicits() nopanic;
    pub extern fn u64_is_zero(value: u64) -> IsZeroResult<u64> implicits() nopanic;
    pub extern fn u128_is_zero(value: u128) -> IsZeroResult<u128> implicits() nopanic;
    pub extern fn u256_is_zero(value: u256) -> IsZeroResult<u256> implicits() nopanic;
    pub extern fn bounded_int_is_zero<T>(value: T) -> IsZeroResult<T> implicits() nopanic;
    pub extern fn bounded_int_wrap_non_zero<T>(value: T) -> NonZero<T> nopanic;
}

#[starknet::contract]
pub mod Numbers {
    use core::integer::*;
    use core::num::traits::{OverflowingAdd, OverflowingSub, Sqrt, WideMul};
    use super::names;
    use super::names::IsZeroResult;

    #[storage]
    struct Storage {}

    /// A flag as a felt.
    fn flag(value: bool) -> felt252 {
        if value { 1 } else { 0 }
    }

    fn of_u8(a: u8, b: u8) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match names::u8_is_zero(b) {
            IsZeroResult::Zero => { total += 11; },
            IsZeroResult::NonZero(divisor) => {
                let (quotient, rest) = u8_safe_divmod(a, divisor);
                total += names::u8_to_felt252(quotient) * 13 + rest.into();
            },
        }
        total += (a & b).into() + 17 * (a | b).into() + 19 * (a ^ b).into();
        total + 23 * a.sqrt().into() + names::u16_to_felt252(a.wide_mul(b))
    }

    fn of_u16(a: u16, b: u16) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match names::u16_is_zero(b) {
            IsZeroResult::Zero => { total += 11; },
            IsZeroResult::NonZero(divisor) => {
                let (quotient, rest) = u16_safe_divmod(a, divisor);
                total += names::u16_to_felt252(quotient) * 13 + rest.into();
            },
        }
        total += (a & b).into() + 17 * (a | b).into() + 19 * (a ^ b).into();
        total + 23 * a.sqrt().into() + names::u32_to_felt252(a.wide_mul(b))
    }

    fn of_u32(a: u32, b: u32) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match names::u32_is_zero(b) {
            IsZeroResult::Zero => { total += 11; },
            IsZeroResult::NonZero(divisor) => {
                let (quotient, rest) = u32_safe_divmod(a, divisor);
                total += names::u32_to_felt252(quotient) * 13 + rest.into();
            },
        }
        total += (a & b).into() + 17 * (a | b).into() + 19 * (a ^ b).into();
        total + 23 * a.sqrt().into() + names::u64_to_felt252(a.wide_mul(b))
    }

    fn of_u64(a: u64, b: u64) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match names::u64_is_zero(b) {
            IsZeroResult::Zero => { total += 11; },
            IsZeroResult::NonZero(divisor) => {
                let (quotient, rest) = u64_safe_divmod(a, divisor);
                total += names::u64_to_felt252(quotient) * 13 + rest.into();
            },
        }
        total += (a & b).into() + 17 * (a | b).into() + 19 * (a ^ b).into();
        total + 23 * a.sqrt().into() + names::u128_to_felt252(a.wide_mul(b))
    }

    fn of_u128(a: u128, b: u128) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match names::u128_is_zero(b) {
            IsZeroResult::Zero => { total += 11; },
            IsZeroResult::NonZero(divisor) => {
                let (quotient, rest) = u128_safe_divmod(a, divisor);
                total += names::u128_to_felt252(quotient) * 13 + rest.into();
            },
        }
        total += (a & b).into() + 17 * (a | b).into() + 19 * (a ^ b).into();
        total + 23 * a.sqrt().into() + { let wide = a.wide_mul(b); wide.low.into() - wide.high.into() }
    }

    fn of_i8(a: i8, b: i8) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match i8_diff(a, b) {
            Ok(distance) => total += names::u8_to_felt252(distance),
            Err(distance) => total -= names::u8_to_felt252(distance),
        }
        total + names::i8_to_felt252(a) + names::i16_to_felt252(a.wide_mul(b))
    }

    fn of_i16(a: i16, b: i16) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match i16_diff(a, b) {
            Ok(distance) => total += names::u16_to_felt252(distance),
            Err(distance) => total -= names::u16_to_felt252(distance),
        }
        total + names::i16_to_felt252(a) + names::i32_to_felt252(a.wide_mul(b))
    }

    fn of_i32(a: i32, b: i32) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match i32_diff(a, b) {
            Ok(distance) => total += names::u32_to_felt252(distance),
            Err(distance) => total -= names::u32_to_felt252(distance),
        }
        total + names::i32_to_felt252(a) + names::i64_to_felt252(a.wide_mul(b))
    }

    fn of_i64(a: i64, b: i64) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match i64_diff(a, b) {
            Ok(distance) => total += names::u64_to_felt252(distance),
            Err(distance) => total -= names::u64_to_felt252(distance),
        }
        total + names::i64_to_felt252(a) + names::i128_to_felt252(a.wide_mul(b))
    }

    fn of_i128(a: i128, b: i128) -> felt252 {
        let (sum, is_over) = a.overflowing_add(b);
        let (difference, is_under) = a.overflowing_sub(b);
        let mut total = sum.into() + 3 * difference.into() + 5 * flag(is_over != is_under);
        if a == b {
            total += 7;
        }
        match i128_diff(a, b) {
            Ok(distance) => total += names::u128_to_felt252(distance),
            Err(distance) => total -= names::u128_to_felt252(distance),
        }
        total + names::i128_to_felt252(a) + 29
    }

    #[abi(embed_v0)]
    impl NumbersImpl of super::INumbers<ContractState> {
        fn unsigned(self: @ContractState, a: u128, b: u128) -> felt252 {
            let (x, y): (felt252, felt252) = ((a & 0xff).into(), (b & 0xff).into());
            let total = of_u8(names::u8_try_from_felt252(x).unwrap(), names::u8_try_from_felt252(y).unwrap());
            let (x, y): (felt252, felt252) = ((a & 0xffff).into(), (b & 0xffff).into());
            let total = total + of_u16(names::u16_try_from_felt252(x).unwrap(), names::u16_try_from_felt252(y).unwrap());
            let (x, y): (felt252, felt252) = ((a & 0xffffffff).into(), (b & 0xffffffff).into());
            let total = total + of_u32(names::u32_try_from_felt252(x).unwrap(), names::u32_try_from_felt252(y).unwrap());
            let (x, y): (felt252, felt252) = ((a & 0xffffffffffffffff).into(), (b & 0xffffffffffffffff).into());
            let total = total + of_u64(names::u64_try_from_felt252(x).unwrap(), names::u64_try_from_felt252(y).unwrap());
            total + of_u128(a, b) + u128_byte_reverse(a).into()
        }

        fn signed(self: @ContractState, a: i128, b: i128) -> felt252 {
            let (x, y) = (names::i128_to_felt252(a), names::i128_to_felt252(b));
            let mut total = of_i128(a, b);
            if let (Some(p), Some(q)) = (names::i8_try_from_felt252(x), names::i8_try_from_felt252(y)) {
                total += of_i8(p, q);
            }
            if let (Some(p), Some(q)) = (names::i16_try_from_felt252(x), names::i16_try_from_felt252(y)) {
                total += of_i16(p, q);
            }
            if let (Some(p), Some(q)) = (names::i32_try_from_felt252(x), names::i32_try_from_felt252(y)) {
                total += of_i32(p, q);
            }
            if let (Some(p), Some(q)) = (names::i64_try_from_felt252(x), names::i64_try_from_felt252(y)) {
                total += of_i64(p, q);
            }
            match names::i128_try_from_felt252(x + y) {
                Some(sum) => total + names::i128_to_felt252(sum),
                None => total,
            }
        }

        fn wide(self: @ContractState, a: u256, b: u256, n: u256) -> felt252 {
            let mut total: felt252 = a.sqrt().into();
            match names::u256_is_zero(b) {
                IsZeroResult::Zero => { total += 1; },
                IsZeroResult::NonZero(divisor) => {
                    let (quotient, rest) = DivRem::div_rem(a, divisor);
                    total += quotient.low.into() + 3 * rest.high.into();
                    let (quotient, rest) = u512_safe_div_rem_by_u256(a.wide_mul(n), divisor);
                    total += quotient.limb0.into() + 5 * quotient.limb3.into() + 7 * rest.low.into();
                },
            }
            match names::u256_is_zero(n) {
                IsZeroResult::Zero => total,
                IsZeroResult::NonZero(modulus) => match core::math::u256_inv_mod(a, modulus) {
                    Some(inverse) => {
                        let inverse: u256 = inverse.into();
                        total + inverse.low.into()
                    },
                    None => total + 11,
                },
            }
        }

        fn felts(self: @ContractState, a: felt252, b: felt252) -> felt252 {
            let total = a * b + (a - b);
            let total = names::felt252_add_const::<5>(total) + names::felt252_sub_const::<7>(a);
            let total = names::felt252_mul_const::<3>(total) + names::felt252_div_const::<2>(b);
            match TryInto::<felt252, NonZero<felt252>>::try_into(b) {
                Some(divisor) => total + core::felt252_div(a, divisor),
                None => total + names::felt252_const::<13>(),
            }
        }

        fn bools(self: @ContractState, a: bool, b: bool) -> felt252 {
            let (either,) = names::bool_or_impl(a, b);
            let total: felt252 = (a & b).into() + 2 * either.into() + 4 * (a ^ b).into();
            total + 8 * (!a).into() + 16 * (a | !b).into()
        }

        fn bounded(self: @ContractState, a: u8, b: u8) -> felt252 {
            super::bounded_part::run(a, b)
        }

        fn casts(self: @ContractState, a: felt252) -> felt252 {
            let mut total = 0;
            if let Some(word) = TryInto::<felt252, bytes31>::try_into(a) {
                let back: felt252 = word.into();
                total += back;
            }
            let wide: u256 = a.into();
            total += wide.high.into();
            if let Some(small) = TryInto::<u128, u64>::try_into(wide.low) {
                let larger: u128 = small.into();
                total += larger.into();
                if let Some(signed) = TryInto::<u64, i8>::try_into(small) {
                    let larger: i32 = signed.into();
                    total += larger.into();
                }
            }
            total
        }

        fn constants(self: @ContractState) -> felt252 {
            let boxed = BoxTrait::new((7_u8, 9_u16, 11_felt252)).unbox();
            let (x, y, z) = boxed;
            let word: felt252 = names::bytes31_const::<'word'>().into();
            let small: felt252 = x.into() + y.into() + z + word;
            let unsigned = names::u8_to_felt252(names::u8_const::<1>())
                + names::u16_to_felt252(names::u16_const::<2>())
                + names::u32_to_felt252(names::u32_const::<3>())
                + names::u64_to_felt252(names::u64_const::<4>())
                + names::u128_to_felt252(names::u128_const::<5>());
            let signed = names::i8_to_felt252(names::i8_const::<-1>())
                + names::i16_to_felt252(names::i16_const::<-2>())
                + names::i32_to_felt252(names::i32_const::<-3>())
                + names::i64_to_felt252(names::i64_const::<-4>())
                + names::i128_to_felt252(names::i128_const::<-5>());
            small + unsigned * signed
        }

        fn ranges(self: @ContractState, from: u32, to: u32) -> felt252 {
            let mut total = 0;
            for number in from..to {
                total += number.into();
            }
            total
        }

        fn extension(self: @ContractState, a: felt252, b: felt252) -> felt252 {
            super::extension_part::run(a, b)
        }
    }
}

mod bounded_part {
    use super::names::{IsZeroResult, bounded_int_is_zero, bounded_int_wrap_non_zero};

    extern type BoundedInt<const MIN: felt252, const MAX: felt252>;
    impl BoundedIntCopy<const MIN: felt252, const MAX: felt252> of Copy<BoundedInt<MIN, MAX>>;
    impl BoundedIntDrop<const MIN: felt252, const MAX: felt252> of Drop<BoundedInt<MIN, MAX>>;

    type Sum = BoundedInt<0, 510>;
    type Difference = BoundedInt<-255, 255>;
    type Product = BoundedInt<0, 65025>;
    type Ten = BoundedInt<10, 10>;
    type Low = BoundedInt<0, 255>;
    type High = BoundedInt<256, 510>;

    trait AddHelper<Lhs, Rhs> {
        type Result;
    }
    impl AddBytes of AddHelper<u8, u8> {
        type Result = Sum;
    }
    trait SubHelper<Lhs, Rhs> {
        type Result;
    }
    impl SubBytes of SubHelper<u8, u8> {
        type Result = Difference;
    }
    trait MulHelper<Lhs, Rhs> {
        type Result;
    }
    impl MulBytes of MulHelper<u8, u8> {
        type Result = Product;
    }
    trait DivRemHelper<Lhs, Rhs> {
        type DivT;
        type RemT;
    }
    impl ByTen of DivRemHelper<Product, Ten> {
        type DivT = BoundedInt<0, 6502>;
        type RemT = BoundedInt<0, 9>;
    }
    trait ConstrainHelper<T, const BOUNDARY: felt252> {
        type LowT;
        type HighT;
    }
    impl ConstrainSum of ConstrainHelper<Sum, 256> {
        type LowT = Low;
        type HighT = High;
    }

    extern fn bounded_int_add<Lhs, Rhs, impl H: AddHelper<Lhs, Rhs>>(
        lhs: Lhs, rhs: Rhs,
    ) -> H::Result nopanic;
    extern fn bounded_int_sub<Lhs, Rhs, impl H: SubHelper<Lhs, Rhs>>(
        lhs: Lhs, rhs: Rhs,
    ) -> H::Result nopanic;
    extern fn bounded_int_mul<Lhs, Rhs, impl H: MulHelper<Lhs, Rhs>>(
        lhs: Lhs, rhs: Rhs,
    ) -> H::Result nopanic;
    extern fn bounded_int_div_rem<Lhs, Rhs, impl H: DivRemHelper<Lhs, Rhs>>(
        lhs: Lhs, rhs: NonZero<Rhs>,
    ) -> (H::DivT, H::RemT) implicits(core::RangeCheck) nopanic;
    extern fn bounded_int_constrain<T, const BOUNDARY: felt252, impl H: ConstrainHelper<T, BOUNDARY>>(
        value: T,
    ) -> Result<H::LowT, H::HighT> implicits(core::RangeCheck) nopanic;
    extern fn upcast<FromType, ToType>(x: FromType) -> ToType nopanic;
    extern fn downcast<FromType, ToType>(
        x: FromType,
    ) -> Option<ToType> implicits(core::RangeCheck) nopanic;

    fn felt<T>(value: T) -> felt252 {
        upcast(value)
    }

    pub fn run(a: u8, b: u8) -> felt252 {
        let sum = bounded_int_add(a, b);
        let ten: Ten = downcast(10_felt252).unwrap();
        let divisor = bounded_int_wrap_non_zero(ten);
        let (quotient, rest) = bounded_int_div_rem(bounded_int_mul(a, b), divisor);
        let total = felt(bounded_int_sub(a, b)) + 3 * felt(quotient) + 5 * felt(rest);
        let total = total
            + match bounded_int_is_zero(sum) {
                IsZeroResult::Zero => 7,
                IsZeroResult::NonZero(_) => 11,
            };
        match bounded_int_constrain::<_, 256>(sum) {
            Ok(low) => total + felt(low),
            Err(high) => total - felt(high),
        }
    }
}

mod extension_part {
    use core::qm31::{QM31Trait, m31, m31_ops, qm31, qm31_const};
    use super::names::{IsZeroResult, bounded_int_is_zero};

    extern fn qm31_from_m31(a: m31) -> qm31 nopanic;

    fn fold(value: qm31) -> felt252 {
        let [w0, w1, w2, w3] = value.unpack();
        w0.into() + 3 * w1.into() + 5 * w2.into() + 7 * w3.into()
    }

    pub fn run(a: felt252, b: felt252) -> felt252 {
        let (Some(x), Some(y)): (Option<m31>, Option<m31>) = (a.try_into(), b.try_into()) else {
            return 0;
        };
        let p = QM31Trait::new(x, y, m31_ops::add(x, y), m31_ops::sub(x, y));
        let q = p * qm31_const::<1, 2, 3, 4>() + qm31_from_m31(m31_ops::mul(x, y)) - p;
        let total = fold(p) + fold(q);
        let total = match core::num::traits::Zero::is_zero(@q) {
            true => total,
            false => total + fold(p / q),
        };
        match bounded_int_is_zero(y) {
            IsZeroResult::Zero => total + 1,
            IsZeroResult::NonZero(divisor) => total + m31_ops::div(x, divisor).into(),
        }
    }
}
