"""Gradients, Jacobians and curvature against finite differences and formed matrices."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.workloads.natural_gradient import costs
from chipsim.workloads.natural_gradient.curvature import curvature, hessians, woodbury
from chipsim.workloads.natural_gradient.perceptron import Perceptron, softmax

PERCEPTRONS = [Perceptron((5, 3)), Perceptron((5, 4, 3)), Perceptron((4, 3, 5, 3))]
STEP = 1e-5


def of(perceptron: Perceptron, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(weights, inputs, labels), with biases that are not 0."""
    random = np.random.default_rng(seed)
    weights = perceptron.initial(seed) + 0.1 * random.standard_normal(perceptron.weights)
    return weights, random.standard_normal((6, perceptron.sizes[0])), random.integers(0, 3, 6)


def differences(function, point: np.ndarray) -> np.ndarray:
    """Central differences of a function, its values along the first axes, those of the point along the last."""
    columns = []
    for k in range(len(point)):
        step = np.zeros_like(point)
        step[k] = STEP
        columns.append((function(point + step) - function(point - step)) / (2 * STEP))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("perceptron", PERCEPTRONS, ids=str)
def test_gradient(perceptron: Perceptron) -> None:
    weights, inputs, labels = of(perceptron)
    _, gradient, probabilities = perceptron.gradient(weights, inputs, labels)
    told = differences(lambda w: np.array(perceptron.gradient(w, inputs, labels)[0]), weights)
    assert gradient == pytest.approx(told, abs=1e-8)
    assert probabilities == pytest.approx(softmax(perceptron.logits(weights, inputs)), abs=1e-15)
    assert len(weights) == perceptron.weights


@pytest.mark.parametrize("perceptron", PERCEPTRONS, ids=str)
def test_jacobian_and_products(perceptron: Perceptron) -> None:
    weights, inputs, _ = of(perceptron)
    told = differences(lambda w: perceptron.logits(w, inputs), weights).reshape(-1, perceptron.weights)
    jacobian = perceptron.jacobian(weights, inputs)
    assert jacobian == pytest.approx(told, abs=1e-8)
    random = np.random.default_rng(1)
    direction, outputs = random.standard_normal(perceptron.weights), random.standard_normal((6, 3))
    forward = perceptron.forward_product(weights, inputs, direction)
    assert forward.ravel() == pytest.approx(jacobian @ direction, abs=1e-12)
    assert perceptron.backward_product(weights, inputs, outputs) == pytest.approx(
        jacobian.T @ outputs.ravel(), abs=1e-12
    )


def test_hessian_of_the_loss() -> None:
    """diag(p) - p p^T is the second derivative of the cross-entropy by the logits, whatever the class."""
    logits = np.random.default_rng(2).standard_normal(4)
    for label in range(4):
        told = differences(lambda z, label=label: softmax(z) - np.eye(4)[label], logits)
        assert hessians(softmax(logits)[None])[0] == pytest.approx(told, abs=1e-9)


def test_curvature_is_the_second_derivative_where_outputs_are_linear() -> None:
    """Without hidden layers the Gauss-Newton matrix is the Hessian of the loss by the weights, exactly."""
    perceptron = PERCEPTRONS[0]
    weights, inputs, labels = of(perceptron)
    told = differences(lambda w: perceptron.gradient(w, inputs, labels)[1], weights)
    probabilities = softmax(perceptron.logits(weights, inputs))
    matrix = curvature(perceptron.jacobian(weights, inputs), hessians(probabilities), 0.0)
    assert matrix.times(np.eye(perceptron.weights)) == pytest.approx(told, abs=1e-8)
    assert matrix.is_symmetric


@pytest.mark.parametrize("perceptron", PERCEPTRONS, ids=str)
def test_solving_with_the_curvature(perceptron: Perceptron) -> None:
    """Woodbury, and conjugate gradients from either start, against a formed matrix."""
    weights, inputs, labels = of(perceptron)
    _, gradient, probabilities = perceptron.gradient(weights, inputs, labels)
    jacobian, blocks = perceptron.jacobian(weights, inputs), hessians(probabilities)
    matrix = curvature(jacobian, blocks, 0.05)
    formed = sum(jacobian[3 * i : 3 * i + 3].T @ blocks[i] @ jacobian[3 * i : 3 * i + 3] for i in range(6)) / 6
    formed = formed + 0.05 * np.eye(perceptron.weights)
    told = np.linalg.solve(formed, gradient)
    assert matrix.times(np.eye(perceptron.weights)) == pytest.approx(formed, abs=1e-12)
    assert woodbury(jacobian, blocks, 0.05, gradient) == pytest.approx(told, abs=1e-11)
    for start in (np.zeros_like(gradient), gradient):
        *_, found = islice(conjugate_gradients(matrix.times, gradient, start), 100)
        assert found == pytest.approx(told, abs=1e-9)


def test_multiply_adds_by_hand() -> None:
    """Of (5, 4, 3) with biases: 24 + 15 weights, for 2 inputs: 4 passes by weights, 2 by the values of 15."""
    perceptron = PERCEPTRONS[1]
    assert perceptron.weights == 39
    assert costs.gradient(perceptron, 2) == 2 * (39 + 39 + 15)
    assert costs.jacobian(perceptron, 2) == 2 * 3 * (39 + 15)
    assert costs.product(perceptron, 2) == 2 * (2 * 39 + 9 + 39 + 15)
    assert costs.woodbury(perceptron, 2) == 6 * 6 * 39 // 2 + 6 * 6 * 3 + 6**3 // 3 + 2 * 6 * 39
