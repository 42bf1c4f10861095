"""The gradient that a chip measures, against enumeration of twelve spins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_chips import netlist_of
from support_dtm import moments

from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.kernels.moments import count_moments, count_twin_agreements, lane_projections
from chipsim.workloads.dtm.forward import flip_probability, input_coupling, noised
from chipsim.workloads.dtm.sampler import LayerSampler, gradient

NOISE, PENALTY, INPUTS, CHAINS = 0.35, 0.7, 8, 1024


@pytest.fixture(scope="module")
def measured():
    """(gradients, exact gradients) of couplings and biases for eight inputs of a random model."""
    program = compile_program(netlist_of(fabric="pattern: square, size: [3, 4]", coupling="set"))
    edges, random = program.netlist.fabric.edges, np.random.default_rng(1)
    couplings, biases = random.normal(0, 0.5, len(edges)), random.normal(0, 0.3, 12)
    sites = np.array([0, 2, 5, 7, 8])
    clean = random.choice([-1, 1], (INPUTS, len(sites))).astype(np.int8)
    noisy = noised(clean, NOISE, random)
    device = Device(program, INPUTS * CHAINS, seed=2)
    beta = program.netlist.route("bias")[-1].kind.realised(1.0)
    coupling = input_coupling(NOISE, beta)
    sampler = LayerSampler(device, sites, np.zeros(0, np.int64), 1.0, restart_sweeps=2)
    sampler.load(couplings, biases)
    found = (
        sampler.positive(clean.repeat(CHAINS, 0), 30, 3, 5),
        sampler.negative(noisy.repeat(CHAINS, 0), coupling, 30, 3, 5),
    )
    held = device.held_couplings, device.held_biases
    pull = program.netlist.route("clamp")[-1].kind.realised(coupling)
    return found, exact(edges, *held, sites, clean, noisy, pull, beta)


def exact(edges, couplings, biases, sites, clean, noisy, pull, beta):
    """(positive, negative) moments, and products of means, averaged over inputs."""
    sums = []
    for x, y in zip(clean, noisy, strict=True):
        pulled = biases.copy()
        pulled[sites] += pull * y
        positive = moments(edges, couplings, pulled, beta, dict(zip(sites, x, strict=True)))
        negative = moments(edges, couplings, pulled, beta)
        products = negative[0][edges[:, 0]] * negative[0][edges[:, 1]]
        sums.append([*positive, *negative, products])
    return [np.mean(column, axis=0) for column in zip(*sums, strict=True)]


# Each mean of 8,192 chains, whose three reads we count as one, has sigma <= 0.011; a gradient adds three of them.
TOLERANCE = 5 * 0.011 * math.sqrt(1 + 1 + 2 * PENALTY**2)


def test_gradient_is_that_of_enumeration(measured):
    found, (p_means, p_pairs, n_means, n_pairs, products) = measured
    couplings, biases = gradient(*found, beta=1.0, penalty=PENALTY)
    assert couplings == pytest.approx(p_pairs - n_pairs + PENALTY * (products - n_pairs), abs=TOLERANCE)
    assert biases == pytest.approx(p_means - n_means, abs=TOLERANCE)


def test_each_part_of_it_is(measured):
    (positive, negative), (p_means, p_pairs, n_means, n_pairs, products) = measured
    for ours, theirs in (
        (positive.means, p_means), (positive.correlations, p_pairs), (negative.means, n_means),
        (negative.correlations, n_pairs), (negative.products, products),
    ):  # fmt: skip
        assert ours == pytest.approx(theirs, abs=5 * 0.011)


def test_the_test_would_notice_a_missing_or_misread_penalty(measured):
    """Products of the means over all inputs, or none, are further from the truth than the tolerance."""
    _, (_, p_pairs, _, n_pairs, products) = measured
    assert np.abs(PENALTY * (products - n_pairs)).max() > 1.5 * TOLERANCE
    assert np.abs(p_pairs - n_pairs).max() > 1.5 * TOLERANCE


def test_moments_and_twins_are_those_of_numpy():
    random = np.random.default_rng(4)
    words = random.integers(0, 2**64, (2, 5), np.uint64)
    pairs = np.array([[0, 3], [4, 1]], np.int32)
    lanes = np.array([2**64 - 1, 2**10 - 1], np.uint64)
    kept = np.concatenate([np.arange(64), 64 + np.arange(10)])
    bits = np.unpackbits(words.view(np.uint8).reshape(2, 5, 8), axis=2, bitorder="little")
    spins = (2 * bits.astype(int) - 1).transpose(0, 2, 1).reshape(128, 5)
    agreements, twins, ones = np.zeros(2, np.int64), np.zeros(2, np.int64), np.zeros(5, np.int64)
    count_moments(pairs, words, lanes, agreements, ones)
    count_twin_agreements(pairs, words, lanes, twins)
    a, b = spins[:, pairs[:, 0]], spins[:, pairs[:, 1]]
    assert agreements.tolist() == (a == b)[kept].sum(axis=0).tolist()
    assert ones.tolist() == (spins[kept] > 0).sum(axis=0).tolist()
    swapped = np.arange(128) ^ 1
    assert twins.tolist() == (a == b[swapped])[kept].sum(axis=0).tolist()


def test_projections_are_those_of_numpy():
    random = np.random.default_rng(6)
    words, signs = random.integers(0, 2**64, (2, 9), np.uint64), random.choice([-1, 1], (6, 9)).astype(np.int16)
    sums = np.zeros((2, 6 * 64), np.int64)
    lane_projections(signs, words, sums)
    bits = np.unpackbits(words.view(np.uint8).reshape(2, 9, 8), axis=2, bitorder="little").astype(int)
    assert sums.reshape(2, 6, 64).tolist() == np.einsum("pc,gcl->gpl", signs, bits).tolist()


@pytest.mark.parametrize(("noise", "half_gamma"), [(0.35, 0.545), (0.7, 0.252), (1.0, 0.136), (1.5, 0.050)])
def test_forward_identity(noise, half_gamma):
    """exp(Gamma/2 x x'), normalised, is the chance of a spin to keep its value; and so is a p-bit's response."""
    coupling = input_coupling(noise, beta=1.0)
    assert coupling == pytest.approx(half_gamma, abs=5e-4)
    stay = math.exp(coupling) / (math.exp(coupling) + math.exp(-coupling))
    assert stay == pytest.approx(1 - flip_probability(noise), rel=1e-12)
    beta = 0.8
    assert 1 / (1 + math.exp(-2 * beta * input_coupling(noise, beta))) == pytest.approx(stay, rel=1e-12)


def test_steps_compose():
    """Two steps are one of the sum of their noises: 1 - 2p is a product."""
    p, q = flip_probability(0.2), flip_probability(0.5)
    assert p * (1 - q) + q * (1 - p) == pytest.approx(flip_probability(0.7), rel=1e-12)
    turned = noised(np.ones((1000, 100), np.int8), 0.2, np.random.default_rng(0)) < 0
    assert turned.mean() == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / 1e5))
