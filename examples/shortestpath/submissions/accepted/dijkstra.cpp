#include <functional>
#include <iostream>
#include <vector>
#include <queue>
#include <utility>

struct Road {
    int to;
    long long time;
};

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<Road>> roads(n + 1);
    for (int i = 0; i < m; ++i) {
        int from, to;
        long long time;
        std::cin >> from >> to >> time;
        roads[from].push_back({to, time});
    }

    std::vector<long long> times(n + 1, -1);
    using Stop = std::pair<long long, int>;
    std::priority_queue<Stop, std::vector<Stop>, std::greater<>> queue;
    queue.push({0, 1});
    while (!queue.empty()) {
        auto [time, town] = queue.top();
        queue.pop();
        if (times[town] >= 0) continue;
        times[town] = time;
        for (const Road &road : roads[town]) {
            if (times[road.to] < 0) queue.push({time + road.time, road.to});
        }
    }
    std::cout << times[n] << "\n";
}
