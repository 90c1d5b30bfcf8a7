# SPDX-License-Identifier: Apache-2.0
import unittest

import toy  # Puts tools/ on the path.

import cpp_text

assert toy.ROOT


def lengths(code):
    return {name: last - first + 1 for name, first, last in cpp_text.functions(code)}


class CppText(unittest.TestCase):
    def test_literals_and_comments_are_no_code(self):
        code, comments = cpp_text.split(
            'auto a = "new // x"; // new\nauto b = R"(new\n)"; /* new */ auto c = 1\'000\'000;')
        self.assertNotIn("new", code)
        self.assertIn("1'000'000", code)
        self.assertEqual([line for line, _ in comments], [1, 3])
        self.assertEqual(code.count("\n"), 2)

    def test_finds_functions_in_namespaces_and_classes(self):
        self.assertEqual(lengths("""namespace a {
class [[nodiscard]] B final : public C<int> {
 public:
  B(int x)
      : x_{x}, y_{1} {
    f();
  }
  bool operator==(const B& other) const { return true; }
  int x_{0};
};
template <class T>
  requires std::same_as<T, int>
T twice(T value) {
  const auto f = [&](int y) { return y; };
  if (value) {
    return f(value);
  }
  return 0;
}
}  // namespace a
"""), {"B": 4, "operator==": 1, "twice": 9})

    def test_tables_and_enumerations_are_no_functions(self):
        self.assertEqual(lengths("""constexpr std::array table = {
    row(1),
    row(2),
};
enum class E : int { A, B };
struct S {
  int a = f();
  std::vector<int> b{g(), h()};
};
"""), {})

    def test_macros_do_not_upset_the_braces(self):
        self.assertEqual(lengths("#define OPEN(x) \\\n  do { x\nvoid f() {\n}\n"), {"f": 2})

    def test_awaited_closure_or_braces(self):
        for bad in ("co_await f(Agg{1});", "co_await f({1, 2});",
                    "co_await g(a, [q] { return q; });", "x = co_await std::move(f)(h({}));",
                    "co_await\n  f(\n    Agg{1});"):
            self.assertEqual(cpp_text.awaited_braces(bad), [1], bad)

    def test_awaited_names(self):
        for good in ("co_await f(std::move(named));", "if (co_await f(a[1])) { g({}); }",
                     "for (auto x : co_await f()) { h(Agg{}); }", "g(co_await f(x), Agg{});"):
            self.assertEqual(cpp_text.awaited_braces(good), [], good)


if __name__ == "__main__":
    unittest.main()
