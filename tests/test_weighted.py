"""Weighted lists: what is read, what is refused, and that writing and reading are inverse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst.errors import ConfigError
from nst.weighted import check_weights, format_weighted, parse_numbers, parse_weighted

# Names as layers and files have them: anything without the two separators and without blanks at the ends.
NAMES = st.text(st.characters(exclude_characters=",:", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
    lambda name: name == name.strip()
)
WEIGHTS = st.floats(min_value=0, max_value=1e100, allow_nan=False)
PAIRS = (
    st.lists(st.tuples(NAMES, WEIGHTS), min_size=1, max_size=12, unique_by=lambda pair: pair[0])
    .map(tuple)
    .filter(lambda pairs: sum(weight for _, weight in pairs) > 0)
)
# Text that looks like a list often enough to reach past the first check.
LISTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="ab,:;.- +0123456789eEinfa_\t", max_size=60),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "relu1_1", " ", ""]), st.sampled_from(["", ":"]), st.text(max_size=6))
    ).map(lambda parts: ",".join("".join(part) for part in parts)),
)


@given(PAIRS)
def test_what_is_written_reads_back_the_same(pairs):
    assert parse_weighted(format_weighted(pairs)) == pairs


@given(LISTS)
def test_any_text_is_either_good_weights_or_a_config_error(text):
    try:
        pairs = parse_weighted(text, "layer")
    except ConfigError as error:
        assert str(error)
        return
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names) >= 1
    assert all(names)
    assert all(math.isfinite(weight) and weight >= 0 for _, weight in pairs)
    total = sum(weight for _, weight in pairs)
    assert math.isfinite(total)
    assert total > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("relu1_1", (("relu1_1", 1.0),)),
        ("relu1_1:0.5,relu2_1", (("relu1_1", 0.5), ("relu2_1", 1.0))),
        ("  relu1_1 : 0.5 ,\trelu2_1 ", (("relu1_1", 0.5), ("relu2_1", 1.0))),
        ("a:0,b:1e3", (("a", 0.0), ("b", 1000.0))),
        ("z,a", (("z", 1.0), ("a", 1.0))),
    ],
)
def test_lists_are_read_in_their_order_with_weight_one_where_none_is_given(text, expected):
    assert parse_weighted(text) == expected


def test_a_weight_of_one_is_left_out_of_the_text():
    assert format_weighted((("a", 1.0), ("b", 0.5))) == "a,b:0.5"


@pytest.mark.parametrize(
    ("text", "part_of_the_sentence"),
    [
        ("", "missing"),
        ("   ", "missing"),
        (",", "missing"),
        ("a,", "missing"),
        ("a,,b", "missing"),
        (":0.5", "missing"),
        ("a,a", "'a' is given twice"),
        ("a:1, a :2", "'a' is given twice"),
        ("a:0", "sum to zero"),
        ("a:0,b:0", "sum to zero"),
        ("a:-0.0", "sum to zero"),
        ("a:1e-400", "sum to zero"),
        ("a:nan", "number of 0 or more"),
        ("a:inf", "number of 0 or more"),
        ("a:-inf,b", "number of 0 or more"),
        ("a:1e400", "number of 0 or more"),
        ("a:-1,b:2", "number of 0 or more"),
        ("a:1e308,b:1e308", "too large"),  # each is finite, their sum is not
        ("a:", "no number"),
        ("a:one", "'one' is no number"),
        ("a:1:2", "no number"),
        ("a:1;b:2", "no number"),
    ],
)
def test_bad_lists_are_refused_with_what_is_wrong(text, part_of_the_sentence):
    with pytest.raises(ConfigError, match=part_of_the_sentence):
        parse_weighted(text, "layer")


@pytest.mark.parametrize("text", ["a" * 10_000, "a:" + "9" * 9_998, "," * 10_000, ",".join(map(str, range(2_045)))])
def test_ten_thousand_characters_are_refused_in_a_short_sentence(text):
    with pytest.raises(ConfigError) as refusal:
        parse_weighted(text, "layer")
    assert "layer" in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["x" * 999 + "," + "x" * 999, "a:" + "y" * 1_900])
def test_a_long_part_is_not_repeated_whole_in_the_sentence(text):
    with pytest.raises(ConfigError) as refusal:
        parse_weighted(text, "layer")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["", "a,a", "a:0", "a:nan", "a:x"])
def test_the_sentence_says_what_a_name_stands_for(text):
    with pytest.raises(ConfigError, match="style picture"):
        parse_weighted(text, "style picture")


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("", 3, [1.0, 1.0, 1.0]),
        ("  ", 1, [1.0]),
        ("2", 1, [2.0]),
        ("1, 0.5", 2, [1.0, 0.5]),
        (" 1e-3 ,0,7 ", 3, [0.001, 0.0, 7.0]),
    ],
)
def test_numbers_are_read_one_for_each_thing_and_are_equal_where_none_is_given(text, count, expected):
    assert parse_numbers(text, count, "style") == expected


@pytest.mark.parametrize(
    ("text", "count", "part_of_the_sentence"),
    [
        ("1,2", 3, "3 styles but 2 weights"),
        ("1,2,3", 2, "2 styles but 3 weights"),
        ("1", 0, "0 styles but 1 weights"),
        ("a", 1, "numbers separated by commas"),
        ("1,", 2, "numbers separated by commas"),
        (",", 2, "numbers separated by commas"),
        ("1 2", 2, "numbers separated by commas"),
        ("1;2", 2, "numbers separated by commas"),
    ],
)
def test_bad_numbers_are_refused_with_what_is_wrong(text, count, part_of_the_sentence):
    with pytest.raises(ConfigError, match=part_of_the_sentence):
        parse_numbers(text, count, "style")


@given(st.text(max_size=40), st.integers(min_value=1, max_value=4))
def test_any_text_is_either_as_many_numbers_or_a_config_error(text, count):
    try:
        numbers = parse_numbers(text, count, "style")
    except ConfigError:
        return
    assert len(numbers) == count
    assert all(isinstance(number, float) for number in numbers)


@pytest.mark.parametrize("weights", [[1.0], [0.0, 1e-300], [5e-324], [1e300, 1e300], [3, 0, 2]])
def test_good_weights_pass_the_check(weights):
    assert check_weights(weights, "style") is None


@given(st.lists(st.floats(), max_size=5))
def test_the_check_passes_exactly_the_weights_that_can_be_normalised(weights):
    good = all(math.isfinite(w) and w >= 0 for w in weights) and 0 < sum(weights) < math.inf
    if good:
        check_weights(weights, "style")
    else:
        with pytest.raises(ConfigError, match="style"):
            check_weights(weights, "style")
