//! Data in every shape, one entry point a family: what the specs of the Cairo VM call to see each libfunc run.
//!
//! Results are folded into one felt, so a wrong one anywhere shows.

#[starknet::interface]
pub trait IData<TState> {
    /// Arrays and spans, from the front and from the back, one by one and by twos.
    fn arrays(self: @TState, felts: Array<felt252>, at: u32) -> felt252;
    /// Boxes, nullable values, snapshots of them, and structs taken apart in their box.
    fn boxes(self: @TState, a: felt252, b: felt252) -> felt252;
    /// Enums of several variants, built and matched, by value and by snapshot.
    fn enums(self: @TState, kind: u8, value: felt252) -> felt252;
    /// A dictionary of these keys, squashed; and one of nullable values.
    fn dictionaries(self: @TState, keys: Array<felt252>) -> felt252;
    /// A circuit of sums, products and an inverse modulo n.
    fn circuits(self: @TState, a: felt252, b: felt252, n: u128) -> felt252;
    /// Points of the Stark curve.
    fn points(self: @TState, x: felt252, m: felt252) -> felt252;
    /// Pedersen, Poseidon, Blake2s.
    fn hashes(self: @TState, a: felt252, b: felt252, bytes: u32) -> felt252;
    /// Gas kept aside, and calls paid for before.
    fn gas(self: @TState, amount: u128, count: u8) -> felt252;
    /// Ends without a reason where it must.
    fn panics(self: @TState, kind: u8) -> felt252;
}

#[starknet::contract]
pub mod Data {
    use core::blake::{blake2s_compress, blake2s_finalize};
    use core::circuit::{
        AddInputResultTrait, CircuitElement, CircuitInput, CircuitInputs, CircuitModulus,
        CircuitOutputsTrait, EvalCircuitTrait, circuit_add, circuit_inverse, circuit_mul,
        circuit_sub, u384,
    };
    use core::dict::{Felt252Dict, Felt252DictEntryTrait, SquashedFelt252DictTrait};
    use core::ec::{EcPoint, EcPointTrait, EcStateTrait, NonZeroEcPoint};
    use core::gas::{gas_reserve_create, gas_reserve_utilize};
    use core::nullable::{FromNullableResult, match_nullable};
    use core::pedersen::pedersen;
    use core::poseidon::hades_permutation;

    extern fn array_pop_front_consume<T>(arr: Array<T>) -> Option<(Array<T>, Box<T>)> nopanic;
    extern fn struct_boxed_deconstruct<T>(
        value: Box<T>,
    ) -> (Box<felt252>, Box<felt252>) nopanic;
    extern fn felt252_add(lhs: felt252, rhs: felt252) -> felt252 nopanic;
    extern fn ec_point_zero() -> EcPoint nopanic;
    extern fn coupon_buy<T>() -> T nopanic;
    extern fn coupon_refund<T>(coupon: T) nopanic;
    extern fn unsafe_panic() -> core::never nopanic;

    #[storage]
    struct Storage {}

    #[derive(Copy, Drop)]
    struct Pair {
        first: felt252,
        second: felt252,
    }

    #[derive(Copy, Drop)]
    enum Shape {
        Nothing,
        One: felt252,
        Two: Pair,
        Three: (felt252, felt252, u8),
    }

    fn shape_of(kind: u8, value: felt252) -> Shape {
        if kind == 0 {
            Shape::Nothing
        } else if kind == 1 {
            Shape::One(value)
        } else if kind == 2 {
            Shape::Two(Pair { first: value, second: value + 1 })
        } else {
            Shape::Three((value, value + 2, kind))
        }
    }

    /// One of a few, chosen by a jump into a table.
    fn chosen(kind: u8) -> felt252 {
        match kind {
            0 => 'zero',
            1 => 'one',
            2 => 'two',
            3 => 'three',
            _ => 'many',
        }
    }

    fn area(shape: @Shape) -> felt252 {
        match shape {
            Shape::Nothing => 0,
            Shape::One(side) => *side,
            Shape::Two(pair) => *pair.first * *pair.second,
            Shape::Three((x, y, z)) => *x * *y * (*z).into(),
        }
    }

    #[inline(never)]
    fn total_of(felts: Span<felt252>) -> felt252 {
        let mut total = 0;
        for felt in felts {
            total = total * 3 + *felt;
        }
        total
    }

    fn paid(felts: Array<(felt252, paid::Coupon)>) -> felt252 nopanic {
        match array_pop_front_consume(felts) {
            Some((rest, entry)) => {
                let (felt, coupon) = entry.unbox();
                felt252_add(felt, paid(rest, __coupon__: coupon))
            },
            None => 0,
        }
    }

    #[abi(embed_v0)]
    impl DataImpl of super::IData<ContractState> {
        fn arrays(self: @ContractState, felts: Array<felt252>, at: u32) -> felt252 {
            let constant = [5_felt252, 7, 11].span();
            let mut total = total_of(constant) + total_of([felts.len().into(), at.into()].span());
            if let Some(felt) = felts.get(at) {
                total += *felt.unbox();
            }
            let mut span = felts.span();
            if let Some(back) = span.multi_pop_back::<2>() {
                let [x, y] = (*back).unbox();
                total += x - y;
            }
            if let Some(front) = span.multi_pop_front::<2>() {
                let [x, y] = (*front).unbox();
                total += x * y;
            }
            if let Some(last) = span.pop_back() {
                total += *last;
            }
            if let Some(three) = TryInto::<Span<felt252>, @Box<[felt252; 3]>>::try_into(span) {
                let [x, y, z] = three.as_snapshot().unbox();
                total += *x + *y * *z;
            }
            if span.len() > 1 {
                total += total_of(span.slice(1, span.len() - 1));
            }
            let mut felts = felts;
            if let Some(first) = felts.pop_front() {
                total += first;
            }
            total
        }

        fn boxes(self: @ContractState, a: felt252, b: felt252) -> felt252 {
            let boxed = BoxTrait::new(Pair { first: a, second: b });
            let copy = *(@boxed).as_snapshot().unbox();
            let (first, second) = struct_boxed_deconstruct(boxed);
            let mut total = copy.first + first.unbox() * second.unbox();
            let constant = BoxTrait::new((3_felt252, 4_felt252));
            let (x, y) = constant.unbox();
            total += x * y;
            let nullable: Nullable<felt252> = if a == 0 {
                Default::default()
            } else {
                NullableTrait::new(b)
            };
            match match_nullable((@nullable).as_snapshot()) {
                FromNullableResult::Null => total += 5,
                FromNullableResult::NotNull(value) => total += *value.unbox(),
            }
            match match_nullable(nullable) {
                FromNullableResult::Null => total,
                FromNullableResult::NotNull(value) => total + value.unbox(),
            }
        }

        fn enums(self: @ContractState, kind: u8, value: felt252) -> felt252 {
            let shape = shape_of(kind, value);
            let total = area(@shape) + chosen(kind);
            match shape {
                Shape::Nothing => total,
                Shape::One(side) => total + side,
                Shape::Two(pair) => total + pair.first,
                Shape::Three((_, y, _)) => total + y,
            }
        }

        fn dictionaries(self: @ContractState, keys: Array<felt252>) -> felt252 {
            let mut counts: Felt252Dict<u64> = Default::default();
            let mut last: Felt252Dict<Nullable<felt252>> = Default::default();
            let mut place = 1;
            for key in keys.span() {
                let (entry, count) = counts.entry(*key);
                counts = entry.finalize(count + 1);
                last.insert(*key, NullableTrait::new(place));
                place = place * 2;
            }
            let mut total = 0;
            for key in keys {
                total += last.get(key).deref();
            }
            for (key, before, after) in counts.squash().into_entries() {
                total += key * 3 + before.into() + after.into() * 5;
            }
            total
        }

        fn circuits(self: @ContractState, a: felt252, b: felt252, n: u128) -> felt252 {
            let x = CircuitElement::<CircuitInput<0>> {};
            let y = CircuitElement::<CircuitInput<1>> {};
            let sum = circuit_add(x, y);
            let inverse = circuit_inverse(sum);
            let difference = circuit_sub(inverse, y);
            let product = circuit_mul(difference, sum);
            let modulus: u384 = n.into();
            let limbs = [modulus.limb0, modulus.limb1, modulus.limb2, modulus.limb3];
            let Some(modulus) = TryInto::<_, CircuitModulus>::try_into(limbs) else {
                return 'no modulus';
            };
            let (a, b): (u384, u384) = (a.into(), b.into());
            match (product, inverse).new_inputs().next(a).next(b).done().eval(modulus) {
                Ok(outputs) => {
                    let result = outputs.get_output(product);
                    let root = outputs.get_output(inverse);
                    result.limb0.into() + 3 * result.limb1.into() + 5 * root.limb0.into()
                },
                Err(_) => 'no inverse',
            }
        }

        fn points(self: @ContractState, x: felt252, m: felt252) -> felt252 {
            let nothing: Option<NonZeroEcPoint> = ec_point_zero().try_into();
            let mut total = match nothing {
                Some(_) => 2,
                None => 1,
            };
            let Some(point) = EcPointTrait::new_nz_from_x(x) else {
                return 'no point';
            };
            let mut state = EcStateTrait::init();
            state.add(point);
            state.add_mul(m, point);
            match state.finalize_nz() {
                Some(sum) => {
                    let (sum_x, sum_y) = sum.coordinates();
                    total += sum_x + 3 * sum_y;
                    if let Some(same) = EcPointTrait::new_nz(sum_x, -sum_y) {
                        let (same, sum): (EcPoint, EcPoint) = (same.into(), sum.into());
                        let both: Option<NonZeroEcPoint> = (same + -(-sum)).try_into();
                        total += match both {
                            Some(_) => 7,
                            None => 5,
                        };
                    }
                    total
                },
                None => total + 11,
            }
        }

        fn hashes(self: @ContractState, a: felt252, b: felt252, bytes: u32) -> felt252 {
            let (x, y, z) = hades_permutation(a, b, pedersen(a, b));
            let start = BoxTrait::new([bytes, 1, 2, 3, 4, 5, 6, 7]);
            let block = BoxTrait::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, bytes]);
            let middle = blake2s_compress(start, bytes, block);
            let [w0, w1, _, _, _, _, _, w7] = blake2s_finalize(middle, 64, block).unbox();
            x + 3 * y + 5 * z + w0.into() + 7 * w1.into() + 11 * w7.into()
        }

        fn gas(self: @ContractState, amount: u128, count: u8) -> felt252 {
            let felt: felt252 = count.into();
            let mut felts: Array<(felt252, paid::Coupon)> = array![];
            felts.append((felt, coupon_buy()));
            felts.append((3, coupon_buy()));
            felts.append((felt, coupon_buy()));
            // The end of the list is paid for as well.
            let total = paid(felts, __coupon__: coupon_buy());
            coupon_refund::<paid::Coupon>(coupon_buy());
            match gas_reserve_create(amount) {
                Some(reserve) => {
                    gas_reserve_utilize(reserve);
                    total + 1
                },
                None => total + 'no gas',
            }
        }

        fn panics(self: @ContractState, kind: u8) -> felt252 {
            if kind == 1 {
                unsafe_panic()
            }
            assert!(kind != 2, "kind {} ends here", kind);
            assert(kind != 3, 'short words');
            let none: Option<felt252> = None;
            if kind == 4 {
                none.unwrap()
            } else {
                kind.into()
            }
        }
    }
}
